"""Addresses of single sign-on. The first two take the place of django-allauth's, under the same names."""

from django.urls import path

from teams.signin import sso_views

urlpatterns = [
    path("oidc/<slug:provider_id>/login/", sso_views.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", sso_views.callback, name="openid_connect_callback"),
    path("oidc/<slug:provider_id>/confirm/", sso_views.confirm, name="sso_confirm"),
    path("oidc/<slug:provider_id>/backchannel-logout/", sso_views.backchannel, name="sso_backchannel"),
    path("signed-out/", sso_views.signed_out, name="sso_signed_out"),
    path("leave/", sso_views.leave, name="sso_leave"),
]
