"""Pages of the member."""

from django.urls import path

from community.views import complaints, profile

urlpatterns = [
    path("accounts/profile/", profile.profile, name="profile"),
    path("community/report/<slug:about>/<uuid:pk>/", complaints.report, name="report"),
]
