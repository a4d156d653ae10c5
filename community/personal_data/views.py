"""What members do with all that the shop holds about them, under "Privacy" of their settings: take it along, or end it."""

from tempfile import TemporaryFile
from typing import Any

from django import forms
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from community.accounts.fresh_sign_in import fresh_sign_in_required
from community.people.names import name_key
from community.people.subjects import registry
from community.personal_data import erasure
from community.personal_data.archive import write_archive
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from dropshop.core.settings_page import Part
from dropshop.core.text import counted

PART = Part("privacy", "community/personal_data/_privacy.html", lambda request: {})


class EraseForm(forms.Form):
    """The member types their user name, so that nobody is erased by a slip of the thumb."""

    username = forms.CharField(
        label="Your user name", widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"})
    )

    def __init__(self, *args: Any, wanted: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = wanted

    def clean_username(self) -> str:
        """What was typed; refused unless it is the member's own."""
        typed: str = self.cleaned_data["username"]
        if name_key(typed.strip()) != name_key(self._wanted):
            raise forms.ValidationError(f"Your user name is {self._wanted}.")
        return typed


@require_safe
@fresh_sign_in_required
@limited("export")
def export(request: HttpRequest) -> FileResponse:
    """One ZIP file with everything the shop holds about the member."""
    member = member_of(request)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    write_archive(member, file)
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=f"dropshop-{member.pk}.zip", content_type="application/zip")
    add_never_cache_headers(response)
    return response


@fresh_sign_in_required
@limited("account-change")
def erase(request: HttpRequest) -> HttpResponse:
    """What ends with the account, in numbers; and its end, once the member has typed their name."""
    member = member_of(request)
    form = EraseForm(request.POST or None, wanted=member.username)
    if request.method == "POST" and form.is_valid():
        erasure.erase(member)
        logout(request)
        return _shown(request, "community/personal_data/erased.html", {})
    context = {"form": form, "ends": what_ends(member), "orders": member.purchases.count()}
    return _shown(request, "community/personal_data/erase.html", context, status=400 if form.errors else 200)


def what_ends(member: Any) -> list[str]:
    """In words and numbers: what is open of the member's, and ends when they are erased."""
    numbers = {"held pair": member.reservations.active().count()}
    numbers |= {thing: count(member) for subject in registry for thing, count in subject.ends.items()}
    return [counted(number, thing) for thing, number in numbers.items() if number]


def _shown(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    add_never_cache_headers(response)
    return response
