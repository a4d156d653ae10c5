"""Pages of the member."""

from django.urls import path

from community.views import complaints, notices, profile

urlpatterns = [
    path("accounts/profile/", profile.profile, name="profile"),
    path("community/report/<slug:about>/<uuid:pk>/", complaints.report, name="report"),
    path("notices/", notices.newest, name="notices"),
    path("notices/read/", notices.read_all, name="read_notices"),
    path("notices/<uuid:pk>/", notices.follow, name="follow_notice"),
]
