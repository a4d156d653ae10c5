"""Pages under which drops are found."""

from django.urls import path

from drops import views

urlpatterns = [
    path("", views.home, name="home"),
    path("drops/<slug:slug>/", views.drop, name="drop"),
]
