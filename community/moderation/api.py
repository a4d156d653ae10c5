"""`complaints`: members report what should not be there."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from community.moderation import complaints
from community.moderation.serializers import ComplainedSerializer, ComplaintSerializer
from dropshop.core.api.authentication import member_of
from dropshop.core.api.endpoint import api_view
from dropshop.core.api.schema import problem_responses
from dropshop.core.api.validation import validated
from dropshop.core.clock import iso
from dropshop.core.errors import NotFound, RateLimited
from dropshop.core.limits import limited


@extend_schema(
    operation_id="complain",
    summary="Report something to the moderators",
    description="Its owner never learns who reported it. Repeating it while it is open returns the same complaint.",
    tags=["community"],
    request=ComplaintSerializer,
    responses={201: ComplainedSerializer, **problem_responses(NotFound, RateLimited)},
)
@api_view(["POST"], creates="complaints/{id}")
@limited("complaint")
def complaint_list(request: Request) -> Response:
    """The complaint."""
    facts = validated(ComplaintSerializer(data=request.data))
    about = complaints.find_target(facts["about"], facts["id"], viewer=request.user)
    made = complaints.file_complaint(member_of(request), about, facts["reason"], facts["text"])
    return Response({"id": str(made.pk), "created_at": iso(made.created_at)}, status=201)


@extend_schema(operation_id="get_complaint", summary="One of my complaints", tags=["community"], responses=ComplainedSerializer)
@api_view(["GET"])
def complaint(request: Request, id: UUID) -> Response:
    """The complaint's id and time."""
    made = member_of(request).complaints.filter(pk=id).first()
    if made is None:
        raise NotFound("You have made no such complaint.")
    return Response({"id": str(made.pk), "created_at": iso(made.created_at)})
