"""The rows of a member's settings under "Notifications", and the page that a link in an e-mail leads to."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from community.notice_emails import choices, unsubscribing
from dropshop.core.errors import Invalid
from dropshop.core.limits import limited
from dropshop.core.notice_groups import Way, groups
from dropshop.core.outbox import suppression
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from dropshop.core.settings_page import Part, address_of, render_settings

# Above the columns of the table, where there is little room.
WAYS = {Way.AT_ONCE: "At once", Way.DAILY: "Once a day", Way.OFF: "Never"}
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class TimesForm(forms.Form):
    """Quiet hours and the hour of the daily e-mail."""

    quiet_from = forms.TimeField(label="Quiet from", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(label="until", required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    digest_hour = forms.TypedChoiceField(label="The daily e-mail comes at", choices=HOURS, coerce=int)


def facts(request: HttpRequest) -> dict[str, Any]:
    """For the member who asks."""
    member = member_of(request)
    stored = choices.stored_times(member)
    times = {name: getattr(stored, name) for name in TimesForm.base_fields}
    return {
        "ways": [(way.value, label) for way, label in WAYS.items()],
        "rows": [{"name": name, "group": groups[name], "way": way} for name, way in choices.ways_of(member).items()],
        "times": TimesForm(initial=times),
        "zone": choices.zone_of(member),
        "confirmed": choices.is_confirmed(member),
        "suppressed": list(suppression.of_address(member.email)),
    }


PART = Part("notifications", "community/notice_emails/_choices.html", facts)


@posted("settings")
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Stores what the form says; what it does not say stays."""
    member = member_of(request)
    form = TimesForm(request.POST)
    ways = {name: request.POST[name] for name in choices.ways_of(member) if name in request.POST}
    if form.is_valid():
        try:
            choices.change(member, ways=ways, **form.cleaned_data)
        except Invalid as refusal:
            for field, words in refusal.facts["errors"].items():
                form.add_error(field if field in form.fields else None, words)
        else:
            messages.success(request, "Saved.")
            return redirect(address_of("notifications"))
    return render_settings(request, status=400, instead={"notifications": {"times": form}})


@posted("settings")
@login_required
@limited("account-change")
def mend(request: HttpRequest) -> HttpResponse:
    """E-mails go to the member's own address again, after they came back, or were reported as unwanted.

    Whoever has not confirmed the address may have named somebody else's, who wants no e-mails.
    """
    member = member_of(request)
    if choices.is_confirmed(member) or not suppression.has_complained(member.email):
        suppression.lift(member.email)
        messages.success(request, "We send e-mails there again.")
    else:
        messages.warning(request, "Confirm your e-mail address first.")
    return redirect(address_of("notifications"))


@csrf_exempt  # mail programs post without having seen the page (RFC 8058): the signed link is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks, and by a POST ends these e-mails. A GET changes nothing: scanners and previews open every link."""
    link = unsubscribing.opened(token)
    ended = request.method == "POST"
    if ended:
        unsubscribing.end(link)
    return render(request, "community/notice_emails/unsubscribe.html", {"what": link.what, "ended": ended})
