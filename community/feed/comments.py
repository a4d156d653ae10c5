"""What members say under an item."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from community.feed import items, mentions
from community.feed.models import Comment, FeedItem
from community.karma import levels
from community.notifications import notices
from community.notifications.throttle import within_notice_limit
from community.people import relations
from community.people.models import Member
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import NotFound
from dropshop.core.live import publish_on_commit
from dropshop.core.members import Viewer
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

COMMENT_MAX_LENGTH = 1000  # characters
NEWEST = ("-created_at", "-id")


def visible(item: FeedItem, viewer: Viewer = None) -> QuerySet[Comment]:
    """The item's comments this viewer may see, oldest first."""
    return item.comments.filter(hidden=False).exclude(author__in=relations.hidden_from(viewer)).select_related("author")


def seen_by(viewer: Viewer) -> QuerySet[Comment]:
    """Every comment that this viewer may see, each with its author and its item."""
    found = Comment.objects.filter(hidden=False, item__in=items.visible(viewer)).select_related("author", "item")
    return found.exclude(author__in=relations.hidden_from(viewer))


@retrying
def comment(item_id: UUID, *, author: Member, text: str) -> Comment:
    """What was said, under an item that its author may see; the item's author and the members it names are told.

    Raises NotFound, Invalid, and Forbidden for a silenced author.
    """
    text = clean_text(text, limit=COMMENT_MAX_LENGTH)
    item = items.find_item(item_id, viewer=author)
    with transaction.atomic():
        relations.lock_writer(author)
        said = Comment.objects.create(item=item, author=author, text=text)
        publish_on_commit(items.counts_event(item))
        named = _notify_mentioned(said, author)
        if item.author_id and item.author_id not in {author.pk, *named, *relations.hidden_of(author)}:
            words = f"{author.username} commented on what you shared."
            told = within_notice_limit(author, [item.author_id])
            notices.notify(told, "comment", cause=f"comment:{said.pk}", text=words, url=item.get_absolute_url())
    return said


@retrying
def edit(comment_id: UUID, *, author: Member, text: str) -> Comment:
    """The author's comment in other words. Raises NotFound for what is not theirs or no longer there."""
    text = clean_text(text, limit=COMMENT_MAX_LENGTH)
    with transaction.atomic():
        relations.lock_writer(author)
        said = _own(comment_id, author, hidden=False, item__hidden=False)
        if text != said.text:
            said.text, said.edited_at = text, database_time()
            said.save(update_fields=["text", "edited_at"])
            _notify_mentioned(said, author)
    return said


@retrying
def remove(comment_id: UUID, *, author: Member) -> FeedItem:
    """Deletes the author's comment, with its text; repeating it changes nothing. Returns its item."""
    with transaction.atomic():
        said = _own(comment_id, author)
        Comment.objects.filter(pk=said.pk).update(text="", hidden=True)
        publish_on_commit(items.counts_event(said.item))
    return said.item


def comment_facts(comments: list[Comment]) -> list[dict[str, Any]]:
    """The comments as API and pages tell them; the number of statements does not grow with theirs."""
    links = levels.may_post_links(said.author_id for said in comments)
    return [
        {
            "id": str(said.pk),
            "author": relations.display_name(said.author),
            "text": said.text,
            "links": said.author_id in links,
            "created_at": iso(said.created_at),
            "edited_at": iso(said.edited_at),
        }
        for said in comments
    ]


def _own(comment_id: UUID, author: Member, **where: Any) -> Comment:
    found = author.comments.filter(pk=comment_id, **where).select_related("item")
    said = found.select_for_update(no_key=True, of=("self",)).first()
    if said is None:
        raise NotFound("There is no such comment of yours.")
    return said


def _notify_mentioned(said: Comment, author: Member) -> set[Any]:
    url = said.item.get_absolute_url()
    return mentions.notify_mentioned(author, said.text, cause=f"comment:{said.pk}", where="a comment", url=url)
