"""What the export, erasing and moderation need of posts, comments and likes."""

from community.feed import comments, items
from community.feed.models import Comment, FeedItem, Post, PostPicture
from community.notifications.models import Notice
from community.people.models import Member
from community.people.subjects import Export, Reportable, Subject
from dropshop.core.live import publish_on_commit


def _is_gone(item: FeedItem) -> bool:
    return item.post is not None and not item.post.text and not item.post.pictures.exists()


def _after_item(item: FeedItem) -> None:
    """A hidden item disappears from open screens at once. An item that is shown again comes with the next load of a page."""
    if item.hidden:
        publish_on_commit(items.hidden_event(item))


def _after_comment(comment: Comment) -> None:
    message = {"type": "feed-comment-hidden", "id": str(comment.pk), "item": str(comment.item_id)}
    publish_on_commit(items.counts_event(comment.item), *([message] if comment.hidden else []))


def _forget(member: Member) -> set[str]:
    lines, written = FeedItem.objects.filter(author=member), Comment.objects.filter(author=member)
    causes = [f"item:{pk}" for pk in lines.values_list("pk", flat=True)]
    causes += [f"comment:{pk}" for pk in written.values_list("pk", flat=True)]
    pictures = PostPicture.objects.filter(post__author=member)
    files = set(pictures.values_list("image", flat=True))
    pictures.delete()
    lines.filter(kind=FeedItem.Kind.POST).update(hidden=True)
    Post.objects.filter(author=member).update(text="")
    written.update(text="", hidden=True)
    Notice.objects.filter(cause__in=causes).delete()
    return files


SUBJECT = Subject(
    exports={
        "posts": Export(lambda member: member.posts.order_by("-created_at"), ("id", "text", "created_at", "edited_at")),
        "post_pictures": Export(lambda member: PostPicture.objects.filter(post__author=member), ("post", "image", "alt")),
        "comments": Export(lambda member: member.comments.all(), ("item", "text", "created_at")),
        "likes": Export(lambda member: member.likes.order_by("pk"), ("item", "created_at")),
    },
    forget=_forget,
    deletes=("likes",),
    mentions=((Post, "text"), (Comment, "text")),
    reportable=(
        Reportable(
            name="item",
            model=FeedItem,
            owner="author",
            visible=items.visible,
            text=items.text_of,
            yours="what you shared",
            is_gone=_is_gone,
            after_change=_after_item,
            stands_for="restock",
            second_owner=lambda item: item.trade and item.trade.receiver,
            title=lambda item: str(item.drop or item.restock or item.trade or "pictures"),
            related=(
                *("post", "restock__sneaker", "restock__store", "author"),
                *("drop", "trade__proposer", "trade__receiver"),
            ),
        ),
        Reportable(
            name="comment",
            model=Comment,
            owner="author",
            visible=comments.seen_by,
            text=lambda comment: comment.text,
            yours="your comment",
            is_gone=lambda comment: not comment.text,
            after_change=_after_comment,
            shown_on="item",
            related=("author", "item"),
        ),
    ),
)
