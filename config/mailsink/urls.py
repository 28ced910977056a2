from django.urls import path

from config.mailsink import views

app_name = "mail"

urlpatterns = [
    path("mail/", views.inbox, name="inbox"),
    path("mail/messages.json", views.messages_json, name="json"),
    path("mail/<int:number>/", views.message, name="message"),
    path("mail/<int:number>/html", views.html, name="html"),
    path("mail/<int:number>.eml", views.raw, name="raw"),
]
