"""The pages of the community with something on each, for the tests of how pages look."""

from typing import Any

from community.feed import comments
from community.karma import ledger
from community.notifications import notices
from community.people import follows
from community.wants import edit
from tests.make import (
    make_event,
    make_member,
    make_open_pair,
    make_post,
    make_restock,
    make_sneaker,
    make_store,
    make_trade,
)

LONG = "Averyveryverylongnamewithoutanyplacetobreak"


def community_pages(me: Any) -> tuple[list[str], list[str]]:
    """What visitors may see, and what `me` sees besides; a few things are made so that no page is empty."""
    other, sneaker = make_member(), make_sneaker(tint="ember", name=LONG)
    store = make_store(f"{LONG} for {me.username}", site="https://store.example/", city="Berlin")
    report = make_restock(other, store=store, sneaker=sneaker, sizes=["9", "9.5"], note=f"Say hello to {LONG}.")
    follows.follow(me, store=store)
    ledger.award(me, "given-by-staff", source="looks", points=30, note="For a kind word.")
    notices.notify([me.pk], "restock", cause="looks", text=f"Reported: {LONG} at the store.", url=report.get_absolute_url())
    post = make_post(other, f"Look at @{me.username}: {LONG} https://store.example/ is open.")
    mine, theirs = make_open_pair(me, notes="Left lace is new."), make_open_pair(other, sneaker=sneaker)
    trade, event = make_trade(other, me, gives=[theirs], wants=[mine]), make_event(other, title=LONG)
    talk, want = comments.comment(post.pk, author=me, text="Nice ones."), edit.add(me, make_sneaker(), {"sizes": ["9"]})[0]
    words = make_post(me)
    shared = [
        *("/restocks/", report.get_absolute_url(), f"/stores/{store.slug}/", "/community/", post.get_absolute_url()),
        *(f"/members/{other.username}/", "/trades/", f"/events/{event.pk}/"),
        f"/sneakers/{sneaker.pk}/",
    ]
    own = [
        *("/notices/", "/karma/", report.get_absolute_url(), "/restocks/new/", "/restocks/following/"),
        *(f"/restocks/new/?sneaker={sneaker.pk}", f"/community/report/restock/{report.pk}/"),
        *("/closet/", "/closet/new/", "/closet/import/", "/closet/wants/", "/closet/folders/"),
        *(f"/closet/pairs/{mine.pk}/", f"/closet/pairs/{mine.pk}/edit/", f"/members/{other.username}/closet/"),
        *("/trades/offers/", f"/trades/new/?pair={theirs.pk}", f"/trades/{trade.pk}/", f"/trades/{trade.pk}/counter/"),
        *(f"/trades/{trade.pk}/accept/", f"/closet/wants/{want.pk}/"),
        *(f"/closet/wants/new/?sneaker={want.sneaker_id}", f"/members/{me.username}/", f"/sneakers/{sneaker.pk}/"),
        *("/community/", post.get_absolute_url(), f"/members/{other.username}/", f"/stores/{store.slug}/"),
        *(f"/community/{words.pk}/edit/", f"/community/comments/{talk.pk}/edit/", f"/events/{make_event(me).pk}/edit/"),
        *("/restocks/", "/trades/", "/trades/done/", "/events/"),
        *(f"/events/{event.pk}/", "/events/new/", "/accounts/profile/area/"),
    ]
    return shared, own
