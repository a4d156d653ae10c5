"""Pages of the member."""

from django.urls import path

from community.views import closet, complaints, follows, karma, notices, pairs, profile, restocks, sheets, wants

urlpatterns = [
    path("accounts/profile/", profile.profile, name="profile"),
    path("community/report/<slug:about>/<uuid:pk>/", complaints.report, name="report"),
    path("karma/", karma.ledger, name="karma"),
    path("notices/", notices.newest, name="notices"),
    path("notices/read/", notices.read_all, name="read_notices"),
    path("notices/<uuid:pk>/", notices.follow, name="follow_notice"),
    path("closet/", closet.page, name="closet"),
    path("closet/new/", pairs.new, name="closet_new"),
    path("closet/export.csv", sheets.export, name="closet_export"),
    path("closet/import/", sheets.take_in, name="closet_import"),
    path("closet/wants/", wants.page, name="closet_wants"),
    path("closet/wants/new/", wants.new, name="closet_want_new"),
    path("closet/wants/<uuid:pk>/", wants.want, name="closet_want"),
    path("closet/folders/", closet.shelves, name="closet_folders"),
    path("closet/purchases/<uuid:pk>/", closet.from_purchase, name="closet_purchase"),
    path("closet/pairs/<uuid:pk>/", pairs.pair, name="closet_pair"),
    path("closet/pairs/<uuid:pk>/edit/", pairs.edit, name="closet_pair_edit"),
    path("closet/pairs/<uuid:pk>/removal/", pairs.removal, name="closet_pair_removal"),
    path("closet/pairs/<uuid:pk>/pictures/", pairs.pictures, name="closet_pictures"),
    path("closet/pairs/<uuid:pk>/pictures/<int:picture_id>/", pairs.picture, name="closet_picture"),
    path("members/<str:username>/closet/", closet.of_member, name="member_closet"),
    path("restocks/", restocks.index, name="restocks"),
    path("restocks/new/", restocks.new, name="new_restock"),
    path("restocks/following/", follows.following, name="following"),
    path("restocks/<uuid:pk>/", restocks.restock, name="restock"),
    path("restocks/<uuid:pk>/<slug:word>/", restocks.say, name="say_of_restock"),
    path("stores/<slug:slug>/", restocks.store, name="store"),
    path("follows/", follows.follow, name="follow"),
]
