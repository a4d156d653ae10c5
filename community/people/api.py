"""`follows`: what I follow."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.people import follows
from community.people.follow_targets import follow_target
from community.people.serializers import FollowPage, FollowRequestSerializer, FollowSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.errors import NotFound, RateLimited
from dropshop.core.limits import limited

NEWEST_FIRST = ("-created_at", "-pk")


@extend_schema(
    methods=["GET"],
    operation_id="list_follows",
    summary="What I follow, newest first",
    tags=["restocks"],
    parameters=[PageQuery],
    responses=FollowPage,
)
@extend_schema(
    methods=["POST"],
    operation_id="follow",
    summary="Follow a store, a sneaker or a member",
    description="201; the same again: 200. You get a notice about restocks of what you follow.",
    tags=["restocks"],
    request=FollowRequestSerializer,
    responses={200: FollowSerializer, 201: FollowSerializer, **problem_responses(NotFound, RateLimited)},
)
@extend_schema(
    methods=["DELETE"],
    operation_id="unfollow",
    summary="Stop following",
    description="The same body as to follow it. Also 204 when you did not follow it.",
    tags=["restocks"],
    responses={204: None, **problem_responses(NotFound, RateLimited)},
)
@api_view(["GET", "POST", "DELETE"], creates="follows", delete_takes=FollowRequestSerializer)
@limited("react", methods=("POST", "DELETE"))
def mine(request: Request) -> Response:
    """My follows (GET), follow (POST), unfollow (DELETE)."""
    member = member_of(request)
    if request.method == "GET":
        return page(request, follows.of(member), follows.follow_facts, ordering=NEWEST_FIRST)
    thing: dict[str, Any] = follow_target(validated(FollowRequestSerializer(data=request.data)), viewer=member)
    if request.method == "DELETE":
        follows.unfollow(member, **thing)
        return Response(status=204)
    made = follows.follow(member, **thing)
    return Response(follows.follow_facts([made.follow])[0], status=201 if made.created else 200)
