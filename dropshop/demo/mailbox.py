"""The demo's mailbox: what would have been sent, for whoever sits at the machine. Elsewhere there is no such page."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from csp.constants import NONE, UNSAFE_INLINE
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dropshop.core.client_address import is_from_this_machine
from dropshop.core.outbox.compose import content, message_id
from dropshop.core.outbox.models import Email
from dropshop.core.pages import paginate

View = Callable[..., HttpResponse]
# The e-mail as it is: its styles stand on its elements, and it may load and run nothing.
POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
    "sandbox": True,
}


def _at_the_machine(view: View) -> View:
    """404 but in the demo and for a browser on its own machine."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.MAILBOX_OF_DEMO or not is_from_this_machine(request):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@_at_the_machine
def listing(request: HttpRequest) -> HttpResponse:
    """All e-mails, newest first."""
    shown = paginate(request, Email.objects.all(), ("-created_at", "-id"))
    emails = [{"email": email, "subject": content(email).subject if email.is_readable else ""} for email in shown.rows]
    return render(request, "demo/mailbox.html", {"emails": emails, "shown": shown})


@_at_the_machine
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One e-mail: its headers and its text."""
    email = _readable(pk)
    return render(request, "demo/email.html", {"email": email, "content": content(email), "message_id": message_id(email)})


@_at_the_machine
def html(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Its HTML, as it was sent."""
    answer: Any = HttpResponse(content(_readable(pk)).html)
    answer._csp_config = POLICY  # as django-csp's decorator does, whose type knows no views with arguments
    return answer


def _readable(pk: UUID) -> Email:
    email = get_object_or_404(Email, pk=pk)
    if not email.is_readable:
        raise Http404
    return email
