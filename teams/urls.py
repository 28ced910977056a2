from django.urls import path

from teams import views

app_name = "teams"

urlpatterns = [
    path("teams/", views.team_list, name="list"),
    path("teams/<slug:slug>/", views.team_page, name="team"),
    path("schedules/<int:pk>/", views.schedule_page, name="schedule"),
    path("overrides/<int:pk>/remove/", views.override_remove, name="override_remove"),
    path("on-call/", views.my_oncall, name="my_oncall"),
]
