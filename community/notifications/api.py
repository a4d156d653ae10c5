"""My notices."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.notifications import notices
from community.notifications.serializers import NoticePage, NoticeQuery, NoticeSerializer, ReadSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import page
from dropshop.core.api.validation import asked


@extend_schema(
    operation_id="list_notices",
    summary="My notices, newest first",
    description="`unread` counts all I have not read, up to 100.",
    tags=["notices"],
    parameters=[NoticeQuery],
    responses=NoticePage,
)
@api_view(["GET"])
def list_notices(request: Request) -> Response:
    """What concerns me, and how much of it I have not read."""
    member = member_of(request)
    rows = notices.newest_first(member)
    if asked(request).get("unread") == "1":
        rows = rows.filter(read_at=None)
    answer = page(request, rows, _facts, ordering=("-created_at", "-id"))
    answer.data["unread"] = notices.unread(member)
    return answer


@extend_schema(
    operation_id="read_notice",
    summary="Mark a notice as read",
    description="Also when it was read before.",
    tags=["notices"],
    request=None,
    responses=NoticeSerializer,
)
@api_view(["POST"])
def read(request: Request, id: UUID) -> Response:
    """The notice, read."""
    return Response(notices.notice_facts(notices.read(id, member=member_of(request))))


@extend_schema(
    operation_id="read_notices", summary="Mark all notices as read", tags=["notices"], request=None, responses=ReadSerializer
)
@api_view(["POST"])
def read_all(request: Request) -> Response:
    """How many of them I had not."""
    return Response({"read": notices.read_all(member_of(request))})


def _facts(rows: list[Any]) -> list[dict[str, Any]]:
    return [notices.notice_facts(notice) for notice in rows]
