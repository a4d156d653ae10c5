"""Every address of the API, version 1. `once` marks what an Idempotency-Key makes repeatable (H8)."""

from community.accounts import api as users
from community.closet import api as closet
from community.events import api as events
from community.feed import api as feed
from community.karma import api as karma
from community.moderation import api as complaints
from community.notifications import api as notices
from community.people import api as follows
from community.personal_data import api as me
from community.pricing import api as prices
from community.restocks import api as restocks
from community.stores import api
from community.trades import api as trades
from community.trades import step_api
from community.wants import api as wants
from drops import api as drops
from drops import staff_api
from drops.catalogue import api as catalogue
from dropshop.core.api.routes import at
from reservations.holds import api as holds
from reservations.idempotency.api import once
from reservations.passes import api as passes
from reservations.purchases import api as purchases

urlpatterns = [
    *at("users/register", users.register),
    *at("users/login", users.login),
    *at("users/token/refresh", users.refresh),
    *at("users/logout", users.logout),
    *at("users/me", me.me),
    *at("users/me/export", me.export),
    *at("sneakers", catalogue.sneakers),
    *at("sneakers/<uuid:id>", catalogue.sneaker),
    *at("sneakers/<uuid:id>/prices", prices.sneaker_prices),
    *at("drops", once(drops.drops)),
    *at("drops/live", drops.live),
    *at("drops/upcoming", drops.upcoming),
    *at("drops/<slug:id>", drops.drop),
    *at("drops/<slug:id>/stock", staff_api.adjust),
    *at("drops/<slug:id>/pass", once(passes.take_pass)),
    *at("drops/<slug:id>/reserve", once(holds.reserve)),
    *at("reservations", holds.list_reservations),
    *at("reservations/<uuid:id>", holds.reservation),
    *at("reservations/<uuid:id>/extend", once(holds.extend)),
    *at("reservations/<uuid:id>/purchase", purchases.purchase),
    *at("purchases", purchases.list_purchases),
    *at("purchases/<uuid:id>", purchases.get_purchase),
    *at("karma", karma.karma),
    *at("closet", once(closet.pairs)),
    *at("closet/<uuid:id>", closet.pair),
    *at("closet/export", closet.export),
    *at("events", once(events.events_list)),
    *at("events/<uuid:id>", events.event),
    *at("events/<uuid:id>/rsvp", once(events.rsvp)),
    *at("community/trades", once(trades.list_trades)),
    *at("community/trades/<uuid:id>", trades.trade),
    *at("community/trades/<uuid:id>/sent", once(step_api.sent)),
    *at("community/trades/<uuid:id>/received", once(step_api.received)),
    *at("community/trades/<uuid:id>/dispute", once(step_api.dispute)),
    *at("community/trades/<uuid:id>/rating", once(step_api.rating)),
    *at("community/feed", feed.feed_list),
    *at("community/feed/<uuid:id>", feed.feed_item),
    *at("community/feed/<uuid:id>/comments", once(feed.comment_list)),
    *at("community/feed/<uuid:id>/like", once(feed.like)),
    *at("community/posts", once(feed.post_list)),
    *at("community/comments/<uuid:id>", feed.comment),
    *at("complaints", once(complaints.complaint_list)),
    *at("complaints/<uuid:id>", complaints.complaint),
    *at("restocks", once(restocks.reports)),
    *at("restocks/<uuid:id>", restocks.restock),
    *at("restocks/<uuid:id>/confirm", once(restocks.confirm)),
    *at("restocks/<uuid:id>/dispute", once(restocks.dispute)),
    *at("restocks/<uuid:id>/gone", once(restocks.gone)),
    *at("stores", api.stores),
    *at("wants", once(wants.list_wants)),
    *at("wants/<uuid:id>", wants.want),
    *at("follows", once(follows.mine)),
    *at("notices", notices.list_notices),
    *at("notices/read", once(notices.read_all)),
    *at("notices/<uuid:id>/read", once(notices.read)),
]
