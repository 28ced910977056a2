"""What is kept of an incident so that the next one like it knows what helped."""

from __future__ import annotations

from incidents.models import Incident, Symptom

# So many titles of alerts say what it looked like.
ALERTS = 10


def remember(incident: Incident) -> None:
    """Keep how the incident looks now, in the caller's transaction: something was tried in it that is judged."""
    Symptom.objects.update_or_create(incident=incident, defaults=looks(incident))


def refresh(incident: Incident) -> None:
    """`remember` again what was remembered before: its title, its services or its alerts are others now."""
    if Symptom.objects.filter(incident=incident).exists():
        remember(incident)


def looks(incident: Incident) -> dict[str, str]:
    """How it looks, as fields of `Symptom`. Two queries, one fewer where the services are prefetched."""
    titles = incident.alerts.order_by("-received_at", "-pk").values_list("title", flat=True)[: 5 * ALERTS]
    return {
        "title": incident.title,
        "alerts": "\n".join(list(dict.fromkeys(titles))[:ALERTS]),
        "services": "\n".join(service.name for service in incident.services.all()),
        "type": incident.type.name if incident.type else "",
    }
