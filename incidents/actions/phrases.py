"""What an organization says of how action items begin; open ones are judged anew by it."""

from __future__ import annotations

from django.db import transaction

from incidents import concreteness
from incidents.models import ActionItem, ActionPhrase
from teams import permits
from teams.models import User


@transaction.atomic
def keep(phrase: ActionPhrase, *, by: User) -> ActionPhrase:
    permits.require(by, "organization.change")
    phrase.save()
    _judge()
    return phrase


@transaction.atomic
def drop(phrase: ActionPhrase, *, by: User) -> None:
    permits.require(by, "organization.change")
    phrase.delete()
    _judge()


def _judge() -> None:
    """What is settled stays as it was judged. Rows are locked in the order in which all others lock several."""
    language = ActionPhrase.objects.all().language()
    changed = []
    for item in ActionItem.objects.open().select_for_update(of=("self",), no_key=True).order_by("pk"):
        words = str(concreteness.wording(item.title, language))
        if words != item.wording:
            item.wording = words
            changed.append(item)
    ActionItem.objects.bulk_update(changed, ["wording"], batch_size=500)
