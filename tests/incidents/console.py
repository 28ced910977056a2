"""A browser without pictures: Django's client, signed in, with and without htmx."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from teams.models import User


class Browser:
    """One person's session. `dialog` posts as the incident's page does from its dialog."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def get(self, name: str, *args: Any, **query: Any) -> HttpResponse:
        return self.client.get(reverse(f"incidents:{name}", args=args), query)  # type: ignore[return-value]

    def post(self, name: str, /, *args: Any, **data: Any) -> HttpResponse:
        return self.client.post(reverse(f"incidents:{name}", args=args), data)  # type: ignore[return-value]

    def save(self, incident: int, key: str, said: str, seen: int) -> Any:
        """Save a section as its page does by itself."""
        data = {f"text_{key}": said, f"seen_{key}": seen, "autosave": "1"}
        url = reverse("incidents:section_write", args=[incident, key])
        return self.client.post(url, data, headers={"Accept": "application/json"})

    def dialog(self, incident: Incident, name: str, *args: Any, **data: Any) -> HttpResponse:
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{incident.get_absolute_url()}"}
        url = reverse(f"incidents:{name}", args=args)
        return self.client.post(url, data, headers=headers)  # type: ignore[return-value]


def text(response: HttpResponse) -> str:
    return response.content.decode()
