from comms.models.alarm import Alarm
from comms.models.approval import Approval, Correction
from comms.models.bundle import Bundle
from comms.models.delivery import Delivery
from comms.models.drill import Drill, DrillCall
from comms.models.letter import Letter
from comms.models.maintenance import MaintenanceComponent, MaintenanceUpdate, PageMaintenance
from comms.models.page import Component, ComponentGroup, PageLogo, PageRole, StatusPage
from comms.models.push_key import PushKey
from comms.models.relay import RelayState
from comms.models.subscriber import Subscriber, SubscriberEvent
from comms.models.subscriber_import import SubscriberImport, SubscriberImportProblem
from comms.models.template import UpdateTemplate
from comms.models.update import ComponentChange, PageIncident, StatusUpdate

__all__ = [
    "Alarm",
    "Approval",
    "Bundle",
    "Component",
    "ComponentChange",
    "ComponentGroup",
    "Correction",
    "Delivery",
    "Drill",
    "DrillCall",
    "Letter",
    "MaintenanceComponent",
    "MaintenanceUpdate",
    "PageIncident",
    "PageLogo",
    "PageMaintenance",
    "PageRole",
    "PushKey",
    "RelayState",
    "StatusPage",
    "StatusUpdate",
    "Subscriber",
    "SubscriberEvent",
    "SubscriberImport",
    "SubscriberImportProblem",
    "UpdateTemplate",
]
