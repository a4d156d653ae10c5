"""Every address of the API, version 1. `once` marks what an Idempotency-Key makes repeatable (H8)."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from community.api import (
    closet,
    complaints,
    events,
    feed,
    follows,
    karma,
    me,
    notices,
    prices,
    restocks,
    trade_steps,
    trades,
    users,
    wants,
)
from drops.api import catalogue, drops, staff
from dropshop.api.once import once
from reservations.api import mine, passing


def at(route: str, view: Callable[..., Any]) -> list[URLPattern]:
    """The view at this address, and at the same with a slash."""
    return [path(route, view), path(f"{route}/", view)]


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
    *at("drops/<slug:id>/stock", staff.adjust),
    *at("drops/<slug:id>/pass", once(passing.take_pass)),
    *at("drops/<slug:id>/reserve", once(passing.reserve)),
    *at("reservations", mine.list_reservations),
    *at("reservations/<uuid:id>", mine.reservation),
    *at("reservations/<uuid:id>/extend", once(mine.extend)),
    *at("reservations/<uuid:id>/purchase", mine.purchase),
    *at("purchases", mine.list_purchases),
    *at("purchases/<uuid:id>", mine.get_purchase),
    *at("karma", karma.karma),
    *at("closet", once(closet.pairs)),
    *at("closet/<uuid:id>", closet.pair),
    *at("closet/export", closet.export),
    *at("events", once(events.events_list)),
    *at("events/<uuid:id>", events.event),
    *at("events/<uuid:id>/rsvp", once(events.rsvp)),
    *at("community/trades", once(trades.list_trades)),
    *at("community/trades/<uuid:id>", trades.trade),
    *at("community/trades/<uuid:id>/sent", once(trade_steps.sent)),
    *at("community/trades/<uuid:id>/received", once(trade_steps.received)),
    *at("community/trades/<uuid:id>/dispute", once(trade_steps.dispute)),
    *at("community/trades/<uuid:id>/rating", once(trade_steps.rating)),
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
    *at("stores", restocks.stores),
    *at("wants", once(wants.list_wants)),
    *at("wants/<uuid:id>", wants.want),
    *at("follows", once(follows.mine)),
    *at("notices", notices.list_notices),
    *at("notices/read", once(notices.read_all)),
    *at("notices/<uuid:id>/read", once(notices.read)),
]
