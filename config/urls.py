"""Every address, by the room that answers it. `/healthz` and `/readyz` are answered earlier, in `config.health`."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.design import DesignView

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    # login, logout, password_change, password_reset
    path("", include("django.contrib.auth.urls")),
    path("", include("config.mailsink.urls")),
    path("", include("incidents.urls")),
    path("", include("comms.urls")),
    path("", include("teams.urls")),
    path("api/v1/", include("config.api_urls")),
]
if settings.WATCHBILL_MAIL_SINK:
    urlpatterns.append(path("design/", DesignView.as_view(), name="design"))
