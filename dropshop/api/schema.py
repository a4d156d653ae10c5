"""The OpenAPI document: what every call has in common, so that the calls only say what is theirs."""

from collections import defaultdict
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly

from dropshop.errors import (
    Busy,
    DropshopError,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotAuthenticated,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    problem_body,
)

Direction = Literal["request", "response"]
OPEN = (AllowAny, IsAuthenticatedOrReadOnly)  # a union would be one of DRF's combined permissions
PROBLEM_JSON = "application/problem+json"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body answers the same, once more, and has one effect. With another body: 422.",
)


class ProblemSerializer(serializers.Serializer):
    """RFC 9457. The code says what happened; some codes bring facts beside it (`retry_at`, `errors`, …)."""

    type = serializers.CharField(help_text="Where the code is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs.")


def refusals(*kinds: type[DropshopError]) -> dict[tuple[int, str], Any]:
    """For `extend_schema(responses=…)`: the problems a call may answer with, one entry per status."""
    by_status: dict[int, list[type[DropshopError]]] = defaultdict(list)
    for kind in kinds:
        by_status[kind.status].append(kind)
    return {
        (status, PROBLEM_JSON): OpenApiResponse(
            ProblemSerializer,
            description=" ".join(_words(kind) for kind in kinds),
            examples=[_example(kind) for kind in kinds],
        )
        for status, kinds in by_status.items()
    }


def _words(kind: type[DropshopError]) -> str:
    return f"`{kind.code}`: {kind.title}"


def _example(kind: type[DropshopError]) -> OpenApiExample:
    return OpenApiExample(kind.code, problem_body(kind()), response_only=True, status_codes=[str(kind.status)])


class ShopSchema(AutoSchema):
    """Adds to each call the refusals that every call of its kind knows, and the Idempotency-Key where its door takes one."""

    method: str
    path: str

    def get_override_parameters(self) -> list[Any]:
        takes_key = self.method == "POST" and getattr(self.view, "takes_idempotency_key", False)
        return [*super().get_override_parameters(), *([IDEMPOTENCY_KEY] if takes_key else [])]

    def _get_request_body(self, direction: Direction = "request") -> Any:
        """Also that of a DELETE which its body confirms; drf-spectacular knows none."""
        confirmed_by = getattr(self.view, "delete_takes", None)
        if self.method != "DELETE" or confirmed_by is None:
            return super()._get_request_body(direction)
        shape: ResolvedComponent = self.resolve_serializer(confirmed_by, "request")
        return {"content": {"application/json": {"schema": shape.ref}}, "required": True}

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problem: ResolvedComponent = self.resolve_serializer(ProblemSerializer, "response")
        for kind in self._common():
            known = bodies.setdefault(str(kind.status), {"description": "", "content": {PROBLEM_JSON: {"schema": problem.ref}}})
            if f"`{kind.code}`" not in known["description"]:
                known["description"] = f"{known['description']} {_words(kind)}".strip()
        return dict(sorted(bodies.items()))

    def _common(self) -> list[type[DropshopError]]:
        posts = self.method == "POST" or self._get_request_body() is not None
        open_to_all = any(isinstance(wanted, OPEN) for wanted in self.view.get_permissions())
        applies = {
            Invalid: True,  # at the least for what no address may hold
            NotAuthenticated: bool(self.view.get_authenticators()),
            Forbidden: self.method != "GET" or not open_to_all,
            NotFound: "{" in self.path,
            TooLarge: posts,
            UnsupportedMediaType: posts,
            IdempotencyMismatch: self.method == "POST" and getattr(self.view, "takes_idempotency_key", False),
            Busy: True,
        }
        return [kind for kind, wanted in applies.items() if wanted]


def without_slashes(endpoints: list[Any]) -> list[Any]:
    """Each address also answers with a slash at its end; the document names it once."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def in_order(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The same document in every process: DRF keeps the methods of a function view in a set."""
    for path, operations in result["paths"].items():
        result["paths"][path] = dict(sorted(operations.items()))
    return result
