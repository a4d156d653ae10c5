"""Every address of the API, version 1. `idempotent` marks what an Idempotency-Key makes repeatable (H8)."""

from community.accounts import api as users
from community.closet import api as closet
from community.events import api as events
from community.feed import api as feed
from community.karma import api as karma
from community.moderation import api as complaints
from community.notice_emails import api as notice_emails
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
from reservations.addresses import api as addresses
from reservations.draws import api as draws
from reservations.holds import api as holds
from reservations.idempotency.api import idempotent
from reservations.orders import api as orders
from reservations.passes import api as passes
from reservations.payment_methods import api as payment_methods
from reservations.purchases import api as purchases
from reservations.queue import api as queue
from reservations.requests import api as requests
from reservations.withdrawals import api as withdrawals

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
    *at("drops", idempotent(drops.drops)),
    *at("drops/live", drops.live),
    *at("drops/upcoming", drops.upcoming),
    *at("drops/<slug:id>", drops.drop),
    *at("drops/<slug:id>/stock", staff_api.adjust),
    *at("drops/<slug:id>/call-off", staff_api.call_off),
    *at("drops/<slug:id>/pass", idempotent(passes.take_pass)),
    *at("drops/<slug:id>/queue", idempotent(queue.place)),
    *at("drops/<slug:id>/queue/control", queue.control),
    *at("drops/<slug:id>/entries", draws.entry),
    *at("drops/<slug:id>/draw", draws.draw),
    *at("drops/<slug:id>/draw/dice", draws.dice),
    *at("drops/<slug:id>/draw/beacon", draws.beacon),
    *at("drops/<slug:id>/draw/call-off", draws.call_off),
    *at("drops/<slug:id>/reserve", idempotent(holds.reserve)),
    *at("reservations", holds.list_reservations),
    *at("reservations/<uuid:id>", holds.reservation),
    *at("reservations/<uuid:id>/extend", idempotent(holds.extend)),
    *at("reservations/<uuid:id>/purchase", purchases.purchase),
    *at("reservations/<uuid:id>/charges", purchases.charges),
    *at("drops/<slug:id>/pickup-places", orders.pickup_places),
    *at("purchases", orders.list_purchases),
    *at("purchases/<uuid:id>", orders.purchase),
    *at("purchases/<uuid:id>/withdraw", idempotent(withdrawals.withdraw)),
    *at("addresses", idempotent(addresses.addresses)),
    *at("addresses/<uuid:id>", addresses.address),
    *at("payment-methods", payment_methods.payment_methods),
    *at("payment-methods/<uuid:id>", payment_methods.payment_method),
    *at("purchase-requests", idempotent(requests.purchase_requests)),
    *at("purchase-requests/<uuid:id>", requests.purchase_request),
    *at("karma", karma.karma),
    *at("closet", idempotent(closet.pairs)),
    *at("closet/<uuid:id>", closet.pair),
    *at("closet/export", closet.export),
    *at("events", idempotent(events.events_list)),
    *at("events/<uuid:id>", events.event),
    *at("events/<uuid:id>/rsvp", idempotent(events.rsvp)),
    *at("community/trades", idempotent(trades.list_trades)),
    *at("community/trades/<uuid:id>", trades.trade),
    *at("community/trades/<uuid:id>/sent", idempotent(step_api.sent)),
    *at("community/trades/<uuid:id>/received", idempotent(step_api.received)),
    *at("community/trades/<uuid:id>/dispute", idempotent(step_api.dispute)),
    *at("community/trades/<uuid:id>/rating", idempotent(step_api.rating)),
    *at("community/feed", feed.feed_list),
    *at("community/feed/<uuid:id>", feed.feed_item),
    *at("community/feed/<uuid:id>/comments", idempotent(feed.comment_list)),
    *at("community/feed/<uuid:id>/like", idempotent(feed.like)),
    *at("community/posts", idempotent(feed.post_list)),
    *at("community/comments/<uuid:id>", feed.comment),
    *at("complaints", idempotent(complaints.complaint_list)),
    *at("complaints/<uuid:id>", complaints.complaint),
    *at("restocks", idempotent(restocks.reports)),
    *at("restocks/<uuid:id>", restocks.restock),
    *at("restocks/<uuid:id>/confirm", idempotent(restocks.confirm)),
    *at("restocks/<uuid:id>/dispute", idempotent(restocks.dispute)),
    *at("restocks/<uuid:id>/gone", idempotent(restocks.gone)),
    *at("stores", api.stores),
    *at("wants", idempotent(wants.list_wants)),
    *at("wants/<uuid:id>", wants.want),
    *at("follows", idempotent(follows.mine)),
    *at("notices", notices.list_notices),
    *at("notices/preferences", notice_emails.preferences),
    *at("notices/read", idempotent(notices.read_all)),
    *at("notices/<uuid:id>/read", idempotent(notices.read)),
]
