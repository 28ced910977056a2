"""Addresses of SCIM, with the names that django-scim2 looks up."""

from __future__ import annotations

from typing import Any

from django.urls import re_path
from django.urls.resolvers import URLPattern

from teams.permits import open_to
from teams.scim import views

app_name = "scim"


def _at(route: str, view: Any, name: str, **kwargs: Any) -> URLPattern:
    made: URLPattern = re_path(route, open_to("people.provision")(view.as_view(**kwargs)), name=name)
    return made


urlpatterns = [
    _at(r"^$", views.Absent, "root"),
    _at(r"^\.search$", views.Absent, "search"),
    _at(r"^Me$", views.Absent, "me"),
    _at(r"^Bulk$", views.Absent, "bulk"),
    _at(r"^Users/\.search$", views.UserSearch, "users-search"),
    _at(r"^Users(?:/(?P<uuid>[^/]+))?$", views.Users, "users"),
    _at(r"^Groups/\.search$", views.GroupSearch, "groups-search"),
    _at(r"^Groups(?:/(?P<uuid>[^/]+))?$", views.Groups, "groups"),
    _at(r"^ServiceProviderConfig$", views.ServiceProviderConfig, "service-provider-config"),
    _at(r"^ResourceTypes(?:/(?P<uuid>[^/]+))?$", views.ResourceTypes, "resource-types"),
    _at(r"^Schemas(?:/(?P<uuid>[^/]+))?$", views.Schemas, "schemas"),
]
