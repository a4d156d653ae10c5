"""My karma: balance, level, and every entry with its why."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.api.shapes.karma import KarmaPage
from community.points import standing
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.paging import PageQuery, page


@extend_schema(
    operation_id="get_karma",
    summary="My karma",
    description="The entries, newest first, with the balance, the level it unlocks and the next one beside them.",
    tags=["karma"],
    parameters=[PageQuery],
    responses=KarmaPage,
)
@api_view(["GET"])
def karma(request: Request) -> Response:
    """Points, what they unlock, and the ledger."""
    member = member_of(request)
    answer = page(request, standing.entries_of(member), standing.entry_facts, ordering=("-pk",))
    answer.data |= standing.standing_facts(standing.standing(member))
    return answer
