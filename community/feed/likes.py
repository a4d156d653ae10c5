"""Liking an item: once per member, which the unique index decides and nothing else."""

from typing import Any
from uuid import UUID

from django.db import transaction

from community.feed import items
from community.feed.models import FeedItem, Like
from community.people.models import Member
from dropshop.core.live import publish_on_commit
from dropshop.core.members import lock_open_account
from dropshop.core.transactions import retrying


@retrying
def like(item_id: UUID, *, member: Member) -> dict[str, Any]:
    """{likes, liked} after it. Raises NotFound for what the member cannot see. Liking twice counts once."""
    item = items.find_item(item_id, viewer=member)
    with transaction.atomic():
        lock_open_account(member)
        before = Like.objects.filter(item=item, member=member).exists()
        Like.objects.bulk_create([Like(item=item, member=member)], ignore_conflicts=True)
        return _after(item, liked=True, changed=not before)


@retrying
def unlike(item_id: UUID, *, member: Member) -> dict[str, Any]:
    """{likes, liked} after the like is removed."""
    item = items.find_item(item_id, viewer=member)
    with transaction.atomic():
        gone, _ = Like.objects.filter(item=item, member=member).delete()
        return _after(item, liked=False, changed=bool(gone))


def _after(item: FeedItem, *, liked: bool, changed: bool) -> dict[str, Any]:
    change = items.counts_event(item)
    if changed:
        publish_on_commit(change)
    return {"likes": change["likes"], "liked": liked}
