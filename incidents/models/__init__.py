from incidents.models.alert import Alert, Change
from incidents.models.attachment import Attachment, AttachmentContent
from incidents.models.board import DefaultBoard, SavedFilter
from incidents.models.crew import TeamRequest
from incidents.models.custom import CustomField, CustomValue
from incidents.models.event import Event
from incidents.models.follow import Follow, FollowRule
from incidents.models.incident import Incident, IncidentType, Severity
from incidents.models.integration import Heartbeat, Integration, IntegrationKey
from incidents.models.mitigation import Mitigation
from incidents.models.page import Consideration, EscalationRun, Page, Urgency
from incidents.models.postmortem import ActionItem, Postmortem
from incidents.models.presence import Presence
from incidents.models.promise import Confidence, Estimate, Promise
from incidents.models.relation import Relation
from incidents.models.roles import RoleAssignment
from incidents.models.routing import RoutingMatch, RoutingRule
from incidents.models.silence import Maintenance, Silence
from incidents.models.task import IncidentTask
from incidents.models.timeline import TimelineEntry

__all__ = [
    "ActionItem",
    "Alert",
    "Attachment",
    "AttachmentContent",
    "Change",
    "Confidence",
    "Consideration",
    "CustomField",
    "CustomValue",
    "DefaultBoard",
    "EscalationRun",
    "Estimate",
    "Event",
    "Follow",
    "FollowRule",
    "Heartbeat",
    "Incident",
    "IncidentTask",
    "IncidentType",
    "Integration",
    "IntegrationKey",
    "Maintenance",
    "Mitigation",
    "Page",
    "Postmortem",
    "Presence",
    "Promise",
    "Relation",
    "RoleAssignment",
    "RoutingMatch",
    "RoutingRule",
    "SavedFilter",
    "Severity",
    "Silence",
    "TeamRequest",
    "TimelineEntry",
    "Urgency",
]
