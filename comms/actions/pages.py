"""What keepers of a status page do to it beside telling something."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F

from comms.actions import snapshots
from comms.logos import Logo
from comms.models import PageLogo, StatusPage


@transaction.atomic
def renew_link(page: StatusPage) -> None:
    """Let another link open the page; the former one, and everybody who came by it, is let in no more."""
    StatusPage.objects.filter(pk=page.pk).update(key_version=F("key_version") + 1)
    page.refresh_from_db(fields=["key_version"])
    snapshots.render_soon(page)


@transaction.atomic
def dress(page: StatusPage, logos: Mapping[str, Logo | None]) -> None:
    """Give the page other logos, by variant; None takes one away."""
    for variant, logo in logos.items():
        if logo is None:
            PageLogo.objects.filter(page=page, variant=variant).delete()
            continue
        PageLogo.objects.update_or_create(
            page=page,
            variant=variant,
            defaults={
                "data": logo.data,
                "icon": logo.icon,
                "width": logo.width,
                "height": logo.height,
                "sha256": logo.sha256,
            },
        )
    snapshots.render_soon(page)
