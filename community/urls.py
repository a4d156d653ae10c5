"""Pages of the member."""

from django.urls import path

from community.views import profile

urlpatterns = [
    path("accounts/profile/", profile.profile, name="profile"),
]
