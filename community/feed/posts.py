"""Posts: written with pictures, edited and deleted by their author."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from community.feed import items, mentions
from community.feed.models import FeedItem, Post, PostPicture
from community.people.models import Member
from community.people.relations import lock_writer
from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid, NotFound
from dropshop.core.live import publish_on_commit
from dropshop.core.pictures import InvalidPicture, reencode
from dropshop.core.text import clean_text
from dropshop.core.transactions import after_commit, retrying

POST_MAX_LENGTH = 2000  # characters
MAX_PICTURES = 4  # of one post


def draw(uploads: Sequence[UploadedFile]) -> list[ContentFile]:
    """The pictures drawn anew, which takes time: call it before any transaction. Raises Invalid for no picture, and above 4."""
    if len(uploads) > MAX_PICTURES:
        raise Invalid(errors={"pictures": [f"At most {MAX_PICTURES} pictures."]})
    try:
        return [reencode(upload) for upload in uploads]
    except InvalidPicture as reason:
        raise Invalid(errors={"pictures": [str(reason)]}) from None


@retrying
def write(author: Member, *, text: str, pictures: Sequence[ContentFile] = (), alt: str = "") -> FeedItem:
    """The post's item in the feed, on every screen that watches it; the members it names are told.

    `pictures` come from `draw`; `alt` describes them for who cannot see them. Raises Invalid for an empty or too long text,
    Forbidden for a silenced author.
    """
    text = clean_text(text, limit=POST_MAX_LENGTH, required=not pictures)
    alt = clean_text(alt, limit=200, field="alt", required=False, lines=False)
    with transaction.atomic():
        lock_writer(author)
        post = Post.objects.create(author=author, text=text)
        for position, image in enumerate(pictures):
            PostPicture.objects.create(post=post, image=image, alt=alt, position=position)
        item = items.add_item("post", author=author, post=post)
        _notify_mentioned(item, author, text)
    return item


@retrying
def edit(item_id: UUID, *, author: Member, text: str) -> FeedItem:
    """The author's post with another text. Raises NotFound for what is not theirs or no longer there."""
    with transaction.atomic():
        lock_writer(author)
        item = _own(item_id, author, hidden=False)
        post: Any = item.post
        text = clean_text(text, limit=POST_MAX_LENGTH, required=not post.pictures.exists())
        if text != post.text:
            post.text, post.edited_at = text, database_time()
            post.save(update_fields=["text", "edited_at"])
            publish_on_commit({**items.counts_event(item), "text": text})
            _notify_mentioned(item, author, text)
    return item


@retrying
def remove(item_id: UUID, *, author: Member) -> None:
    """Deletes the author's post, with its text and pictures; repeating it changes nothing. Raises NotFound."""
    with transaction.atomic():
        item = _own(item_id, author)
        post: Any = item.post
        for picture in post.pictures.all():
            after_commit(picture.image.storage.delete, picture.image.name)
            picture.delete()
        Post.objects.filter(pk=post.pk).update(text="")
        FeedItem.objects.filter(pk=item.pk).update(hidden=True)
        publish_on_commit(items.hidden_event(item))


def _own(item_id: UUID, author: Member, **where: Any) -> FeedItem:
    """The post's item, locked: of two changes at once the second sees the first."""
    found = FeedItem.objects.filter(pk=item_id, author=author, kind=FeedItem.Kind.POST, **where)
    item = found.select_for_update(no_key=True).first()
    if item is None:
        raise NotFound("There is no such post of yours.")
    return item


def _notify_mentioned(item: FeedItem, author: Member, text: str) -> None:
    mentions.notify_mentioned(author, text, cause=f"item:{item.pk}", where="a post", url=item.get_absolute_url())
