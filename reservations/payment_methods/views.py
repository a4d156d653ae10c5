"""The way back from the bank at which a card was confirmed, or not."""

from contextlib import suppress
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dropshop.core.errors import NotFound
from dropshop.core.pages import member_of
from dropshop.core.settings_page import address_of
from reservations.payment_methods import saved, set_up


@never_cache
@login_required
@require_safe
def confirmed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The provider is asked what became of it; the member's settings say so."""
    with suppress(NotFound):  # it was removed meanwhile: the settings show what there is
        set_up.ask(saved.find(pk, member_of(request)))
    return HttpResponseRedirect(address_of("paying"))
