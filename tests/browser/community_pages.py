"""The pages of the community with something on each, for the tests of how pages look."""

from typing import Any

from community import follows, karma, notices
from tests.make import make_member, make_open_pair, make_pair, make_restock, make_sneaker, make_store

LONG = "Averyveryverylongnamewithoutanyplacetobreak"


def community_pages(me: Any) -> tuple[list[str], list[str]]:
    """What visitors may see, and what only `me` may; a few things are made so that no page is empty."""
    other = make_member()
    sneaker = make_sneaker(tint="ember", name=LONG)
    store = make_store(f"{LONG} for {me.username}", site="https://store.example/", city="Berlin")
    report = make_restock(other, store=store, sneaker=sneaker, sizes=["9", "9.5"], note=f"Say hello to {LONG}.")
    make_restock(me, store=store)
    follows.follow(me, store=store)
    karma.award(me, "given-by-staff", source="looks", points=30, note="For a kind word.")
    notices.tell([me.pk], "restock", cause="looks", text=f"Reported: {LONG} at the store.", url=report.get_absolute_url())
    mine, theirs = make_pair(me, notes="Left lace is new."), make_open_pair(other)
    visitor = ["/restocks/", report.get_absolute_url(), f"/stores/{store.slug}/"]
    member = [
        *("/notices/", "/karma/", "/restocks/", report.get_absolute_url(), "/restocks/new/", "/restocks/following/"),
        f"/restocks/new/?sneaker={sneaker.pk}",
        *("/closet/", "/closet/new/", "/closet/import/", "/closet/wants/", "/closet/wants/new/", "/closet/folders/"),
        *(f"/closet/pairs/{pair.pk}/" for pair in (mine, theirs)),
        f"/closet/pairs/{mine.pk}/edit/",
        f"/members/{other.username}/closet/",
        f"/community/report/restock/{report.pk}/",
    ]
    return visitor, member
