"""`community/feed` and what hangs on its items; `community/posts` and `community/comments`."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import permission_classes
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from community.feed import comments, likes, posts
from community.feed import items as feed
from community.feed.models import FeedItem
from community.feed.serializers import (
    CommentPage,
    CommentSerializer,
    CommentTextSerializer,
    FeedItemSerializer,
    FeedPage,
    FeedQuery,
    LikesSerializer,
    PostTextSerializer,
)
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import asked, validated
from dropshop.core.errors import NotAuthenticated, NotFound, RateLimited
from dropshop.core.limits import limited

GET, POST, PATCH, DELETE = ["GET"], ["POST"], ["PATCH"], ["DELETE"]


def _item_response(request: Request, item: FeedItem, status: int = 200) -> Response:
    return Response(feed.feed_facts([item], request.user)[0], status=status)


@extend_schema(
    operation_id="list_feed",
    summary="What happened, newest first",
    tags=["community"],
    parameters=[FeedQuery],
    responses={200: FeedPage, **problem_responses(NotFound)},
)
@api_view(["GET"])
@permission_classes([AllowAny])
def feed_list(request: Request) -> Response:
    """Without hidden items, and without members whom you must not see."""
    wanted = {name: value for name, value in asked(request).items() if name in ("kind", "following", "author")}
    if wanted.get("following") and not request.user.is_authenticated:
        raise NotAuthenticated
    found = feed.filtered(request.user, **wanted)
    return page(request, found, lambda items: feed.feed_facts(items, request.user), ordering=feed.NEWEST)


@extend_schema(
    operation_id="write_post",
    summary="Write a post",
    description="Pictures can be added only on the page.",
    tags=["community"],
    request=PostTextSerializer,
    responses={201: FeedItemSerializer, **problem_responses(RateLimited)},
)
@api_view(["POST"], creates="community/feed/{id}")
@limited("post")
def post_list(request: Request) -> Response:
    """A new post, on every screen that watches the feed."""
    written = posts.write(member_of(request), **validated(PostTextSerializer(data=request.data)))
    return _item_response(request, written, status=201)


@extend_schema(methods=GET, operation_id="get_feed_item", summary="One item", tags=["community"], responses=FeedItemSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_post",
    summary="Change my post",
    tags=["community"],
    request=PostTextSerializer,
    responses={200: FeedItemSerializer, **problem_responses(RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_post",
    summary="Delete my post",
    tags=["community"],
    responses={204: None, **problem_responses(RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("post", methods=("PATCH", "DELETE"))
def feed_item(request: Request, id: UUID) -> Response:
    """An item (GET), and one's own post: its text (PATCH), or its end (DELETE)."""
    if request.method == "PATCH":
        changed = posts.edit(id, author=member_of(request), **validated(PostTextSerializer(data=request.data)))
        return _item_response(request, changed)
    if request.method == "DELETE":
        posts.remove(id, author=member_of(request))
        return Response(status=204)
    return _item_response(request, feed.find_item(id, viewer=request.user))


@extend_schema(
    methods=GET,
    operation_id="list_comments",
    summary="Comments on an item, oldest first",
    tags=["community"],
    parameters=[PageQuery],
    responses=CommentPage,
)
@extend_schema(
    methods=POST,
    operation_id="comment",
    summary="Write a comment",
    tags=["community"],
    request=CommentTextSerializer,
    responses={201: CommentSerializer, **problem_responses(RateLimited)},
)
@api_view(["GET", "POST"], creates="community/comments/{id}")
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("comment")
def comment_list(request: Request, id: UUID) -> Response:
    """The comments you may see (GET), and one of yours (POST)."""
    if request.method == "POST":
        said = comments.comment(id, author=member_of(request), **validated(CommentTextSerializer(data=request.data)))
        return Response(comments.comment_facts([said])[0], status=201)
    found = comments.visible(feed.find_item(id, viewer=request.user), request.user)
    return page(request, found, comments.comment_facts, ordering=("created_at", "id"))


@extend_schema(methods=GET, operation_id="get_comment", summary="One comment", tags=["community"], responses=CommentSerializer)
@extend_schema(
    methods=PATCH,
    operation_id="change_comment",
    summary="Edit my comment",
    tags=["community"],
    request=CommentTextSerializer,
    responses={200: CommentSerializer, **problem_responses(RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="remove_comment",
    summary="Delete my comment",
    tags=["community"],
    responses={204: None, **problem_responses(RateLimited)},
)
@api_view(["GET", "PATCH", "DELETE"])
@permission_classes([IsAuthenticatedOrReadOnly])
@limited("comment", methods=("PATCH", "DELETE"))
def comment(request: Request, id: UUID) -> Response:
    """A comment (GET), and one's own: its text (PATCH), or its end (DELETE)."""
    if request.method == "GET":
        found = comments.seen_by(request.user).filter(pk=id).first()
        if found is None:
            raise NotFound("There is no such comment.")
        return Response(comments.comment_facts([found])[0])
    if request.method == "DELETE":
        comments.remove(id, author=member_of(request))
        return Response(status=204)
    said = comments.edit(id, author=member_of(request), **validated(CommentTextSerializer(data=request.data)))
    return Response(comments.comment_facts([said])[0])


@extend_schema(
    methods=POST,
    operation_id="like",
    summary="Like an item",
    description="Repeating it changes nothing.",
    tags=["community"],
    request=None,
    responses={200: LikesSerializer, **problem_responses(RateLimited)},
)
@extend_schema(
    methods=DELETE,
    operation_id="unlike",
    summary="Remove my like",
    tags=["community"],
    responses={200: LikesSerializer, **problem_responses(RateLimited)},
)
@api_view(["POST", "DELETE"])
@limited("react", methods=("POST", "DELETE"))
def like(request: Request, id: UUID) -> Response:
    """How many like it now."""
    deed = likes.like if request.method == "POST" else likes.unlike
    return Response(deed(id, member=member_of(request)))
