"""The phases of an incident, and the path that they make."""

from __future__ import annotations

from django.db.models import TextChoices


class Phase(TextChoices):
    DETECT = "detect", "Detect"
    DECLARE = "declare", "Declare"
    MITIGATE = "mitigate", "Mitigate"
    COMMUNICATE = "communicate", "Communicate"
    RESOLVE = "resolve", "Resolve"
    REVIEW = "review", "Review"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"
    MERGED = "merged", "Merged"


PATH = (Phase.DETECT, Phase.DECLARE, Phase.MITIGATE, Phase.COMMUNICATE, Phase.RESOLVE, Phase.REVIEW)
ACTIVE = PATH[:4]
OPEN = PATH
PURPOSE = {
    Phase.DETECT: "Something looks wrong. Acknowledge it, then declare an incident or cancel it as a false alarm.",
    Phase.DECLARE: "Somebody takes command and the roles are filled. Find just enough to act on.",
    Phase.MITIGATE: "Stop the bleeding first: roll back, fail over, scale up. The cause can wait.",
    Phase.COMMUNICATE: "Service is restored. Tell everybody, and watch that it holds.",
    Phase.RESOLVE: "Recovery is confirmed. The postmortem is drafted; choose who leads the review.",
    Phase.REVIEW: "Learn without blame: what happened, and which concrete actions follow.",
    Phase.CLOSED: "Reviewed and closed.",
    Phase.CANCELLED: "This was not an incident after all.",
    Phase.MERGED: "This is handled in another incident.",
}
