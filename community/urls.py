"""Pages of the member."""

from django.urls import path

from community.accounts import open_accounts, providers, security, views
from community.closet import import_views, pair_views
from community.closet import views as closet
from community.events import views as events
from community.feed import views as feed
from community.karma import views as karma
from community.moderation import views as complaints
from community.notice_emails import views as notice_emails
from community.notifications import views as notices
from community.people import views as follows
from community.personal_data import views as personal_data
from community.pricing import views as prices
from community.profiles import area, edit
from community.profiles import views as members
from community.restocks import views as restocks
from community.trades import step_views
from community.trades import views as trades
from community.wants import views as wants

urlpatterns = [
    path("accounts/settings/", views.settings, name="settings"),
    path("accounts/settings/export/", personal_data.export, name="export_me"),
    path("accounts/settings/erase/", personal_data.erase, name="erase_me"),
    path("accounts/settings/notifications/", notice_emails.choose, name="choose_notice_emails"),
    path("accounts/settings/notifications/again/", notice_emails.mend, name="mend_notice_emails"),
    path("accounts/settings/picture/", edit.picture, name="profile_picture"),
    path("accounts/profile/", edit.profile, name="profile"),
    path("community/", feed.community, name="community"),
    path("community/<uuid:pk>/", feed.item, name="feed_item"),
    path("community/<uuid:pk>/comments/", feed.comment, name="comment"),
    path("community/<uuid:pk>/like/", feed.like, name="like"),
    path("community/<uuid:pk>/edit/", feed.edit, name="edit_post"),
    path("community/<uuid:pk>/removal/", feed.remove, name="remove_post"),
    path("community/comments/<uuid:pk>/edit/", feed.edit_comment, name="edit_comment"),
    path("community/comments/<uuid:pk>/removal/", feed.remove_comment, name="remove_comment"),
    path("community/report/<slug:about>/<uuid:pk>/", complaints.report, name="report"),
    path("karma/", karma.ledger, name="karma"),
    path("notices/", notices.newest, name="notices"),
    path("notices/read/", notices.read_all, name="read_notices"),
    path("notices/<uuid:pk>/", notices.follow, name="follow_notice"),
    path("notices/unsubscribe/<str:token>/", notice_emails.unsubscribe, name="unsubscribe"),
    path("sneakers/<uuid:pk>/", prices.sneaker, name="sneaker"),
    path("sneakers/<uuid:pk>/art.svg", prices.art, name="sneaker_art"),
    path("closet/", closet.page, name="closet"),
    path("closet/new/", pair_views.new, name="closet_new"),
    path("closet/export.csv", import_views.export, name="closet_export"),
    path("closet/import/", import_views.take_in, name="closet_import"),
    path("closet/wants/", wants.page, name="closet_wants"),
    path("closet/wants/new/", wants.new, name="closet_want_new"),
    path("closet/wants/<uuid:pk>/", wants.want, name="closet_want"),
    path("closet/folders/", closet.shelves, name="closet_folders"),
    path("closet/purchases/<uuid:pk>/", closet.from_purchase, name="closet_purchase"),
    path("closet/pairs/<uuid:pk>/", pair_views.pair, name="closet_pair"),
    path("closet/pairs/<uuid:pk>/edit/", pair_views.edit, name="closet_pair_edit"),
    path("closet/pairs/<uuid:pk>/removal/", pair_views.removal, name="closet_pair_removal"),
    path("closet/pairs/<uuid:pk>/pictures/", pair_views.pictures, name="closet_pictures"),
    path("closet/pairs/<uuid:pk>/pictures/<int:picture_id>/", pair_views.picture, name="closet_picture"),
    path("members/<str:username>/", members.member, name="member"),
    path("trades/", trades.browse, name="trades"),
    path("trades/offers/", trades.offers, name="trade_offers"),
    path("trades/done/", trades.done, name="trades_done"),
    path("trades/new/", trades.new, name="trade_new"),
    path("trades/<uuid:pk>/", trades.trade, name="trade"),
    path("trades/<uuid:pk>/counter/", trades.counter, name="trade_counter"),
    path("trades/<uuid:pk>/accept/", step_views.accept, name="accept_trade"),
    path("trades/<uuid:pk>/<slug:deed>/", step_views.do, name="trade_deed"),
    path("members/<str:username>/closet/", closet.of_member, name="member_closet"),
    path("restocks/", restocks.index, name="restocks"),
    path("restocks/new/", restocks.new, name="new_restock"),
    path("restocks/following/", follows.following, name="following"),
    path("restocks/<uuid:pk>/", restocks.restock, name="restock"),
    path("restocks/<uuid:pk>/<slug:word>/", restocks.say, name="say_of_restock"),
    path("stores/<slug:slug>/", restocks.store, name="store"),
    path("follows/", follows.follow, name="follow"),
    path("members/<str:username>/<slug:word>/", members.deed, name="member_deed"),
    path("accounts/sessions/", security.end_others, name="usersessions_list"),
    path("accounts/sessions/<int:session_id>/end/", security.end_one, name="end_session"),
    path("accounts/2fa/", security.show, name="mfa_index"),
    path("accounts/2fa/webauthn/", security.show, name="mfa_list_webauthn"),
    path("accounts/2fa/totp/activate/", open_accounts.AddAuthenticator.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/recovery-codes/generate/", open_accounts.NewRecoveryCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("accounts/2fa/webauthn/add/", open_accounts.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/keys/<int:pk>/edit/", open_accounts.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("accounts/2fa/webauthn/login/", views.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("accounts/password/set/", views.set_password, name="account_set_password"),
    path("accounts/oidc/<str:provider_id>/login/", providers.sign_in, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", providers.come_back, name="openid_connect_callback"),
    path("accounts/reauthenticate/elsewhere/", views.sign_in_again_elsewhere, name="sign_in_again_elsewhere"),
    path("accounts/email/", views.EmailAddresses.as_view(), name="account_email"),
    path("accounts/profile/area/", area.area, name="area"),
    path("events/", events.events_list, name="events"),
    path("events/new/", events.new, name="new_event"),
    path("events/places/", events.places, name="event_places"),
    path("events/<uuid:pk>/", events.event, name="event"),
    path("events/<uuid:pk>/edit/", events.edit, name="edit_event"),
    path("events/<uuid:pk>/cancellation/", events.cancellation, name="cancel_event"),
    path("events/<uuid:pk>/answer/", events.answer, name="answer_event"),
    path("events/<uuid:pk>/calendar.ics", events.calendar_file, name="event_calendar"),
]
