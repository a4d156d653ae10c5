"""The OpenAPI document: what every call has in common, so that the calls only say what is theirs."""

import inspect
import itertools
from collections import defaultdict
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly

from dropshop.core.api.examples import problem_example
from dropshop.core.api.headers import headers_of
from dropshop.core.errors import (
    Busy,
    DropshopError,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotAcceptable,
    NotAuthenticated,
    NotFound,
    RateLimited,
    TooLarge,
    UnsupportedMediaType,
)

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of the answer you have: 304 while nothing has changed."
)
Direction = Literal["request", "response"]
OPEN = (AllowAny, IsAuthenticatedOrReadOnly)  # a union would be one of DRF's combined permissions
PROBLEM_JSON = "application/problem+json"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body gets the same answer again and has one effect. With another body: 422.",
)


def problem_responses(*kinds: type[DropshopError]) -> dict[tuple[int, str], Any]:
    """For `extend_schema(responses=…)`: the problems a call may answer with, one entry per status."""
    by_status: dict[int, list[type[DropshopError]]] = defaultdict(list)
    for kind in kinds:
        by_status[kind.status].append(kind)
    return {(status, PROBLEM_JSON): ProblemResponse(tuple(kinds)) for status, kinds in by_status.items()}


class ProblemResponse(OpenApiResponse):
    """The problems of one status; ShopSchema describes them."""

    def __init__(self, kinds: tuple[type[DropshopError], ...]) -> None:
        super().__init__(OpenApiTypes.OBJECT)
        self.kinds = kinds


def problem_schema(kind: type[DropshopError]) -> dict[str, Any]:
    """RFC 9457 for one kind of refusal: its code and status are fixed, and its facts are typed."""
    facts = {name.rstrip("?"): dict(schema) for name, schema in kind.brings.items()}
    always = [name for name in kind.brings if not name.endswith("?")]
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "Where the code is explained."},
            "title": {"type": "string"},
            "status": {"type": "integer", "enum": [kind.status]},
            "detail": {"type": "string", "description": "For people, about this error."},
            "code": {"type": "string", "enum": [kind.code], "description": "Stable, for programs."},
            **facts,
        },
        "required": ["type", "title", "status", "detail", "code", *always],
    }


def _words(kind: type[DropshopError]) -> str:
    return f"`{kind.code}`: {kind.title}"


class ShopSchema(AutoSchema):
    """Adds to each call what every call of its kind knows: refusals, headers, the Idempotency-Key where it takes one."""

    method: str
    path: str

    def get_override_parameters(self) -> list[Any]:
        own = [*super().get_override_parameters()]
        own += [each.parameter for each in self.view.get_authenticators() if hasattr(each, "parameter")]
        if self.method == "GET":
            own.append(IF_NONE_MATCH)
        return [*own, IDEMPOTENCY_KEY] if self._takes_key else own

    @property
    def _takes_key(self) -> bool:
        return self.method == "POST" and bool(getattr(self.view, "takes_idempotency_key", False))

    def _get_request_body(self, direction: Direction = "request") -> Any:
        """Also that of a DELETE which its body confirms; drf-spectacular knows none."""
        confirmed_by = getattr(self.view, "delete_takes", None)
        if self.method != "DELETE" or confirmed_by is None:
            return super()._get_request_body(direction)
        shape: ResolvedComponent = self.resolve_serializer(confirmed_by, "request")
        return {"content": {"application/json": {"schema": shape.ref}}, "required": True}

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problems = self._problems()
        for status, kinds in problems.items():
            bodies[str(status)] = self._problem(kinds)
        if self.method == "GET":
            bodies["304"] = {"description": "Nothing has changed."}
        is_limited = any(issubclass(kind, RateLimited) for kinds in problems.values() for kind in kinds)
        for said, body in bodies.items():
            status = int(said)
            replays = self._takes_key and status < 300
            body["headers"] = headers_of(status, problems.get(status, []), replays=replays, is_limited=is_limited)
        return dict(sorted(bodies.items()))

    def _problems(self) -> dict[int, list[type[DropshopError]]]:
        """By status what this call may be refused with: what it says itself, and what its kind of call always may."""
        found: dict[int, list[type[DropshopError]]] = defaultdict(list)
        declared: Any = self.get_response_serializers()
        answers = declared.values() if isinstance(declared, dict) else ()
        own = [each.kinds for each in answers if isinstance(each, ProblemResponse)]
        for kind in (*itertools.chain.from_iterable(own), *self._common()):
            if kind not in found[kind.status]:
                found[kind.status].append(kind)
        return found

    def _problem(self, kinds: list[type[DropshopError]]) -> dict[str, Any]:
        refs = []
        for kind in kinds:
            component = ResolvedComponent(
                name=f"{kind.__name__}Problem", type=ResolvedComponent.SCHEMA, object=kind, schema={"type": "object"}
            )
            self.registry.register_on_missing(component)
            refs.append(component.ref)
        examples = {kind.code: {"value": problem_example(kind)} for kind in kinds}
        schema = refs[0] if len(refs) == 1 else {"oneOf": refs}
        content = {PROBLEM_JSON: {"schema": schema, "examples": examples}}
        return {"description": " ".join(_words(kind) for kind in kinds), "content": content}

    def _common(self) -> list[type[DropshopError]]:
        takes_body = self._get_request_body() is not None
        open_to_all = any(isinstance(wanted, OPEN) for wanted in self.view.get_permissions())
        applies = {
            Invalid: True,  # at the least for what no address may hold
            NotAuthenticated: bool(self.view.get_authenticators()),
            Forbidden: self.method != "GET" or not open_to_all,
            NotFound: "{" in self.path,
            NotAcceptable: True,
            TooLarge: self.method != "GET",
            UnsupportedMediaType: self.method == "POST" or takes_body,
            IdempotencyMismatch: self._takes_key,
            Busy: True,
        }
        return [kind for kind, wanted in applies.items() if wanted]


def without_slashes(endpoints: list[Any]) -> list[Any]:
    """Each address also answers with a slash at its end; the document names it once."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def in_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The document with the schemas of its problems; made behind drf-spectacular's hook, which would merge their codes."""
    waiting: list[type[DropshopError]] = [DropshopError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if (name := f"{kind.__name__}Problem") in result["components"]["schemas"]:
            result["components"]["schemas"][name] = problem_schema(kind)
    return result


def in_order(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The same document in every process: DRF keeps the methods of a function view in a set."""
    for path, operations in result["paths"].items():
        result["paths"][path] = dict(sorted(operations.items()))
    return result
