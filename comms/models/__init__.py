from comms.models.bundle import Bundle
from comms.models.delivery import Delivery
from comms.models.drill import Drill, DrillCall
from comms.models.letter import Letter
from comms.models.page import Component, ComponentGroup, PageLogo, PageRole, StatusPage
from comms.models.push_key import PushKey
from comms.models.subscriber import Subscriber
from comms.models.update import ComponentChange, PageIncident, StatusUpdate

__all__ = [
    "Bundle",
    "Component",
    "ComponentChange",
    "ComponentGroup",
    "Delivery",
    "Drill",
    "DrillCall",
    "Letter",
    "PageIncident",
    "PageLogo",
    "PageRole",
    "PushKey",
    "StatusPage",
    "StatusUpdate",
    "Subscriber",
]
