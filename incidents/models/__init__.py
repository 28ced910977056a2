from incidents.models.alert import Alert, Change
from incidents.models.attachment import Attachment, AttachmentContent
from incidents.models.board import DefaultBoard, Export, ExportPart, SavedFilter, WallLink
from incidents.models.coaching import CoachPhrase
from incidents.models.commented import CommentRevision
from incidents.models.crew import TeamRequest
from incidents.models.custom import CustomField, CustomValue
from incidents.models.deck import MitigationCard
from incidents.models.duties import DutyDone, NudgeSnooze, RoleDuty
from incidents.models.event import Event
from incidents.models.exercise import Exercise, ExerciseEvent, Scenario
from incidents.models.factor import Factor, FactorTag
from incidents.models.figure import FigureDefinition, IncidentMoments
from incidents.models.follow import Follow, FollowRule
from incidents.models.followed import ActionNotice, Counterfactual, ItemRecurrence, NoItemsDecision
from incidents.models.incident import Incident
from incidents.models.integration import Heartbeat, Integration, IntegrationKey
from incidents.models.mitigation import Mitigation
from incidents.models.page import Consideration, EscalationRun, Page, Urgency
from incidents.models.phrase import ActionPhrase
from incidents.models.pin import Pin
from incidents.models.playbook import Playbook, PlaybookRun, PlaybookStep, RunStep
from incidents.models.postmortem import ActionItem, Postmortem
from incidents.models.presence import Presence
from incidents.models.promise import Confidence, Estimate, Promise
from incidents.models.relation import Relation
from incidents.models.review import ReviewApproval, ReviewParticipant
from incidents.models.role_policy import RolePolicy
from incidents.models.roles import RoleAssignment
from incidents.models.routing import RoutingMatch, RoutingRule
from incidents.models.section import PostmortemSection, PostmortemTemplate, SectionRevision, TemplateVersion
from incidents.models.severity import IncidentType, Severity
from incidents.models.silence import Maintenance, Silence
from incidents.models.task import IncidentTask
from incidents.models.timeline import TimelineEntry
from incidents.models.tracker import Tracker, TrackerDelivery, TrackerLink, TrackerPerson
from incidents.models.ways import ChangeMark, MitigationCall, Symptom
from incidents.models.witness import MetricCheck, Witness, WitnessPoint
from incidents.models.writing import PostmortemChange, SectionClaim, SectionComment

__all__ = [
    "ActionItem",
    "ActionNotice",
    "ActionPhrase",
    "Alert",
    "Attachment",
    "AttachmentContent",
    "Change",
    "ChangeMark",
    "CoachPhrase",
    "CommentRevision",
    "Confidence",
    "Consideration",
    "Counterfactual",
    "CustomField",
    "CustomValue",
    "DefaultBoard",
    "DutyDone",
    "EscalationRun",
    "Estimate",
    "Event",
    "Exercise",
    "ExerciseEvent",
    "Export",
    "ExportPart",
    "Factor",
    "FactorTag",
    "FigureDefinition",
    "Follow",
    "FollowRule",
    "Heartbeat",
    "Incident",
    "IncidentMoments",
    "IncidentTask",
    "IncidentType",
    "Integration",
    "IntegrationKey",
    "ItemRecurrence",
    "Maintenance",
    "MetricCheck",
    "Mitigation",
    "MitigationCall",
    "MitigationCard",
    "NoItemsDecision",
    "NudgeSnooze",
    "Page",
    "Pin",
    "Playbook",
    "PlaybookRun",
    "PlaybookStep",
    "Postmortem",
    "PostmortemChange",
    "PostmortemSection",
    "PostmortemTemplate",
    "Presence",
    "Promise",
    "Relation",
    "ReviewApproval",
    "ReviewParticipant",
    "RoleAssignment",
    "RoleDuty",
    "RolePolicy",
    "RoutingMatch",
    "RoutingRule",
    "RunStep",
    "SavedFilter",
    "Scenario",
    "SectionClaim",
    "SectionComment",
    "SectionRevision",
    "Severity",
    "Silence",
    "Symptom",
    "TeamRequest",
    "TemplateVersion",
    "TimelineEntry",
    "Tracker",
    "TrackerDelivery",
    "TrackerLink",
    "TrackerPerson",
    "Urgency",
    "WallLink",
    "Witness",
    "WitnessPoint",
]
