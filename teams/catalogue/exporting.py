"""All services as a file that can be read again: what is empty is left out."""

from __future__ import annotations

from typing import Any

import yaml

from teams.catalogue.own import NAMES
from teams.models import Service

HEAD = "# Services of Watchbill. Read it again under Services, Import, or with manage.py import_services.\n"


class _Dumper(yaml.SafeDumper):
    """Several lines stand as they are, so that a comparison of two files says which line changed."""


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def text() -> str:
    """Four queries, however many services there are."""
    services = Service.objects.select_related("team", "escalation_policy__team").order_by("slug")
    told = [_told(service) for service in services.prefetch_related("links", "depends_on")]
    return HEAD + yaml.dump({"services": told}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _told(service: Service) -> dict[str, Any]:
    policy = service.escalation_policy
    values: dict[str, Any] = {"slug": service.slug, "name": service.name, "team": service.team.slug}
    values |= {name: getattr(service, column) for name, column in NAMES.items()}
    if policy is not None:
        own = policy.team_id == service.team_id
        values["escalation_policy"] = policy.name if own else {"team": policy.team.slug, "name": policy.name}
    values["links"] = [{"kind": link.kind, "title": link.title, "url": link.url} for link in service.links.all()]
    values["depends_on"] = sorted(other.slug for other in service.depends_on.all())
    values["entity_ref"] = service.entity_ref
    return {name: value for name, value in values.items() if value}
