from django.urls import path

from teams import holiday_views, person_views, views
from teams.account import invitations, service_accounts, tokens
from teams.audit import views as audit
from teams.away import views as away
from teams.catalogue import views as catalogue
from teams.foreseen import views as foreseen
from teams.ical import views as calendars
from teams.schedules import views as schedules
from teams.shares import views as shares
from teams.swaps import views as swaps

app_name = "teams"

urlpatterns = [
    path("teams/", views.team_list, name="list"),
    path("teams/<slug:slug>/", views.team_page, name="team"),
    path("services/-/import/", catalogue.import_page, name="service_import"),
    path("services/export.yaml", catalogue.export, name="service_export"),
    path("schedules/<int:pk>/", schedules.schedule_page, name="schedule"),
    path("schedules/<int:pk>/fairness/", shares.schedule_fairness, name="schedule_fairness"),
    path("schedules/<int:pk>/fairness.csv", shares.schedule_file, name="schedule_fairness_csv"),
    path("teams/<slug:slug>/fairness/", shares.team_fairness, name="team_fairness"),
    path("teams/<slug:slug>/fairness.csv", shares.team_file, name="team_fairness_csv"),
    path("schedules/<int:pk>/calendar/", calendars.schedule_calendar, name="schedule_calendar"),
    path("schedules/<int:pk>/calendar/read/", calendars.schedule_calendar_read, name="schedule_calendar_read"),
    path("schedules/<int:pk>/calendar/drop/", calendars.schedule_calendar_drop, name="schedule_calendar_drop"),
    path("overrides/<int:pk>/remove/", schedules.override_remove, name="override_remove"),
    path("account/tokens/", tokens.token_list, name="tokens"),
    path("account/tokens/new/", tokens.token_new, name="token_new"),
    path("account/tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("service-accounts/", service_accounts.account_list, name="service_accounts"),
    path("service-accounts/new/", service_accounts.account_new, name="service_account_new"),
    path("service-accounts/<int:pk>/", service_accounts.account_page, name="service_account"),
    path("service-accounts/<int:pk>/role/", service_accounts.account_role, name="service_account_role"),
    path("service-accounts/<int:pk>/tokens/new/", service_accounts.account_token, name="service_account_token"),
    path("service-accounts/<int:pk>/off/", service_accounts.account_off, name="service_account_off"),
    path("people/invitations/", invitations.invitation_list, name="invitations"),
    path("people/invitations/new/", invitations.invite, name="invite"),
    path("people/invitations/<int:pk>/resend/", invitations.invitation_resend, name="invitation_resend"),
    path("people/invitations/<int:pk>/revoke/", invitations.invitation_revoke, name="invitation_revoke"),
    path("invitations/<str:key>/", invitations.invitation_page, name="invitation"),
    path("audit/", audit.log, name="audit"),
    path("audit/export.<str:form>", audit.export, name="audit_export"),
    path("me/data/", person_views.my_data, name="my_data"),
    path("me/data/export/", person_views.export_mine, name="my_data_export"),
    path("people/<int:pk>/data/", person_views.erase, name="erase"),
    path("people/<int:pk>/data/export/", person_views.export, name="person_export"),
    path("rosters/warnings/", foreseen.warning_list, name="warnings"),
    path("holidays/", holiday_views.coming, name="holidays"),
    path("on-call/", views.my_oncall, name="my_oncall"),
    path("on-call/feeds/", calendars.feed_list, name="feeds"),
    path("on-call/feeds/<int:pk>/revoke/", calendars.feed_revoke, name="feed_revoke"),
    path("feeds/on-call/<str:token>.ics", calendars.feed, name="feed"),
    path("on-call/away/", away.away_list, name="away"),
    path("on-call/away/new/", away.away_new, name="away_new"),
    path("on-call/away/<int:pk>/", away.away_page, name="time_off"),
    path("on-call/away/<int:pk>/edit/", away.away_edit, name="away_edit"),
    path("on-call/away/<int:pk>/remove/", away.away_remove, name="away_remove"),
    path("on-call/away/<int:pk>/stand-in/", away.away_stand_in, name="away_stand_in"),
    path("schedules/<int:pk>/swaps/new/", swaps.swap_new, name="swap_new"),
    path("swaps/", swaps.swap_list, name="swaps"),
    path("swaps/<int:pk>/", swaps.swap_page, name="swap"),
    path("swaps/<int:pk>/accept/", swaps.swap_accept, name="swap_accept"),
    path("swaps/<int:pk>/decline/", swaps.swap_decline, name="swap_decline"),
    path("swaps/<int:pk>/withdraw/", swaps.swap_withdraw, name="swap_withdraw"),
    path("swaps/<int:pk>/undo/", swaps.swap_undo, name="swap_undo"),
]
