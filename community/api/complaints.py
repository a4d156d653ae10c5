"""`complaints`: members report what should not be there."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from community.api.shapes.complaints import ComplainedSerializer, ComplaintSerializer
from community.moderating import complaints
from drops.facts import iso
from dropshop.api.given import given
from dropshop.api.schema import refusals
from dropshop.api.sign_in import member_of
from dropshop.errors import NotFound, RateLimited
from dropshop.limits import limited


@extend_schema(
    operation_id="complain",
    summary="Report something to the moderators",
    description="Whose it is never learns who did. Again while it is open: the same complaint.",
    tags=["community"],
    request=ComplaintSerializer,
    responses={201: ComplainedSerializer, **refusals(NotFound, RateLimited)},
)
@api_view(["POST"])
@limited("complaint")
def complaint_list(request: Request) -> Response:
    """The complaint."""
    facts = given(ComplaintSerializer(data=request.data))
    about = complaints.find(facts["about"], facts["id"], viewer=request.user)
    made = complaints.complain(member_of(request), about, facts["reason"], facts["text"])
    return Response({"id": str(made.pk), "created_at": iso(made.created_at)}, status=201)
