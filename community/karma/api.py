"""My karma: balance, level, and every entry with its why."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.karma import facts
from community.karma.serializers import KarmaPage
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
    answer = page(request, facts.entries_of(member), facts.entry_facts, ordering=("-pk",))
    answer.data |= facts.standing_facts(facts.standing(member))
    return answer
