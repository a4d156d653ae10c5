"""Pages of the member."""

from django.urls import path

from community import views

urlpatterns = [
    path("accounts/profile/", views.profile, name="profile"),
]
