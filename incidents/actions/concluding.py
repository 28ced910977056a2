"""What has to be there of action items before a review is approved and its incident closed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.review_rows import lock_review
from incidents.conditions import ITEMS_NEEDED
from incidents.follow_up import standing
from incidents.guards import Blocker
from incidents.models import Incident, NoItemsDecision
from incidents.problems import Blocked
from incidents.timeline import Kind
from teams.models import User


def unready(incident: Incident) -> list[Blocker]:
    """What keeps the review from being approved. A drill teaches in its debrief, and asks for none of it."""
    if incident.drill:
        return []
    stands, url = standing(incident), f"/incidents/{incident.pk}/postmortem/#action-items"
    found = []
    if not stands.enough:
        found.append(Blocker("action_items_missing", ITEMS_NEEDED, fix_url=url))
    if stands.lacking:
        found.append(Blocker("action_items_lacking", f"Not concrete yet: {stands.lacking}.", fix_url=url))
    return found


@transaction.atomic
def decide_none(incident_pk: int, *, by: User, reason: str) -> NoItemsDecision:
    """Decide that no action item is needed, with a reason, as somebody other than the postmortem's owner. Stands until
    an item is added or the trouble comes back. Raises Blocked with all that stands against it."""
    incident, postmortem = lock_review(incident_pk, by=by)
    missing = []
    if not reason.strip():
        missing.append(Blocker("reason_missing", "Say why nothing follows from it.", field="reason"))
    if postmortem.owner_id == by.pk:
        missing.append(Blocker("own_approval", "That is decided by somebody other than the postmortem's owner."))
    if incident.action_items.open().exists():
        said = "Action items are open. Settle or drop them first, with the reason."
        url = f"{postmortem.get_absolute_url()}#action-items"
        missing.append(Blocker("action_items_open", said, fix_url=url))
    if missing:
        raise Blocked(missing)
    made, _ = NoItemsDecision.objects.update_or_create(
        incident=incident, defaults={"reason": reason.strip(), "by": by, "at": timezone.now()}
    )
    timeline.record(
        incident,
        Kind.REVIEW,
        "review.no_items",
        f"{by} decided that no action items are needed",
        by=by,
        reason=made.reason,
        notify=[postmortem.owner] if postmortem.owner else [],
    )
    return made
