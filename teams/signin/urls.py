from django.urls import path

from teams.signin import views

app_name = "signin"

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("sessions/", views.session_list, name="sessions"),
    path("sessions/end-others/", views.end_others, name="end_others"),
    path("sessions/<int:pk>/end/", views.end_session, name="end_session"),
]
