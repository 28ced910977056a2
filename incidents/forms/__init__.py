"""Forms of the console. They parse what was typed and keep it; what is missing is for the actions to say."""

from incidents.forms.fields import (
    ActForm,
    IncidentField,
    LongField,
    MomentField,
    PersonField,
    ServicesField,
    SeverityField,
)
from incidents.forms.incident import CorrectionForm, FactsForm, NoteForm, ReportForm, SeverityForm, verb_form
from incidents.forms.review import ActionItemForm, PostmortemForm
from incidents.forms.work import (
    MitigationForm,
    OfferForm,
    ProposeForm,
    ReadBackForm,
    ReasonForm,
    RemovalForm,
    RollBackForm,
)

__all__ = [
    "ActForm",
    "ActionItemForm",
    "CorrectionForm",
    "FactsForm",
    "IncidentField",
    "LongField",
    "MitigationForm",
    "MomentField",
    "NoteForm",
    "OfferForm",
    "PersonField",
    "PostmortemForm",
    "ProposeForm",
    "ReadBackForm",
    "ReasonForm",
    "RemovalForm",
    "ReportForm",
    "RollBackForm",
    "ServicesField",
    "SeverityField",
    "SeverityForm",
    "verb_form",
]
