"""What all calls of the API have in common; a call is a function that wears `@api_view`.

Before the function: what the address asks must be known to the call, and so must every field of a body; `HEAD` is answered
wherever `GET` is. After it: `Location` on what was created, a tag on what was looked at, and no cache keeps what is personal.
"""

import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

from rest_framework import decorators
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from dropshop.core.api.etags import with_etag
from dropshop.core.api.negotiation import SPOKEN
from dropshop.core.api.serializers import Query
from dropshop.core.api.validation import validated
from dropshop.core.errors import Invalid, unknown_fields

ROOT = "/api/v1/"
READS = ("GET", "HEAD")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class Endpoint(APIView):
    """One address of the API."""

    speaks: tuple[str, ...] = SPOKEN  # the media types of its answers
    creates = ""  # where that is which a 201 tells of, with places for its facts: "drops/{id}"
    delete_takes: type[BaseSerializer] | None = None  # the shape of the body that a DELETE reads
    get: Callable[..., Any]  # of a call that knows GET; the others have none

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who calls and whether they may, as DRF does it; then whether all that they say is known here."""
        super().initial(request, *args, **kwargs)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if not hasattr(self, method.lower()):
            return  # DRF answers 405
        query, reads_body = _declared(cast(Hashable, type(self)), method)
        request.parser_context["asked"] = validated(
            query.of(request.query_params)
        )  # which `asked` of dropshop.api.given returns
        if method in WITH_BODY and not reads_body:
            require_no_body(request.data)

    def head(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """As GET: what is answered is the same, and the server leaves out the body."""
        request._request.method = "GET"
        try:
            return self.get(request, *args, **kwargs)
        finally:
            request._request.method = "HEAD"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The answer with the headers that every answer of its kind has."""
        if response.status_code == 201:
            response["Location"] = location(self.creates, response.data)
        if request.method in READS and response.status_code == 200:
            response = with_etag(request, response)
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


def location(where: str, facts: Any) -> str:
    """The address of what was created, which these `facts` tell of."""
    return ROOT + where.format(**facts)


def require_no_body(sent: Any) -> None:
    """For calls that take no body: raises Invalid with each field of one that was sent."""
    if not sent:
        return
    raise Invalid(errors=unknown_fields(sent, ()) if isinstance(sent, dict) else {"request": ["This call takes no body."]})


@functools.cache
def _declared(call: Any, method: str) -> tuple[type[Query], bool]:
    """What the document says of this method: the parameters of its address, and whether it reads a body."""
    view = call(request=None, kwargs={})
    schema = call.kwargs["schema"]()  # where drf-spectacular keeps it
    schema.view, schema.method = view, method
    queries = [shape for shape in schema.get_override_parameters() if isinstance(shape, type) and issubclass(shape, Query)]
    if method == "DELETE":
        return _one(queries), call.delete_takes is not None
    return _one(queries), method in WITH_BODY and schema.get_request_serializer() is not None


def _one(queries: list[type[Query]]) -> type[Query]:
    (query,) = queries or [Query]
    return query


def api_view(methods: Sequence[str], **about: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """DRF's `api_view` as an Endpoint; `about` are attributes of it, such as `creates`."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        call = decorators.api_view([*methods])(function).cls
        names = [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
        own = {"http_method_names": [name.lower() for name in names], "__doc__": function.__doc__, **about}
        endpoint: Any = type(call.__name__, (Endpoint, call), own | {"__module__": function.__module__})
        return cast(Callable[..., Any], endpoint.as_view())

    return wrap
