"""What members decide about themselves: the rows of their settings under "Profile" and "Privacy"."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from community.people import areas
from community.people import profile as profiles
from community.people.languages import LANGUAGES
from community.people.models import Member
from dropshop.core.errors import DropshopError
from dropshop.core.forms import PictureField
from dropshop.core.limits import limited
from dropshop.core.pages import member_of
from dropshop.core.posted import posted
from dropshop.core.settings_page import Part, address_of, render_settings
from dropshop.core.time_zones import TimeZoneField

# The fields of each row that has a form.
ROWS = {
    "name": ("display_name",),
    "about": ("bio",),
    "place": ("time_zone", "language"),
    "showing": ("shows_name",),
}
WHOLE = ("bio", "shows_name")  # of a form that names no row


class ProfileForm(forms.ModelForm):
    """One row, or more, of what a member decides about themselves."""

    time_zone = TimeZoneField(required=False, help_text="Empty: pages use your device's clock.")
    language = forms.ChoiceField(choices=[("", "No preference"), *LANGUAGES], required=False)

    class Meta:
        model = Member
        fields = ("display_name", "bio", "time_zone", "language", "shows_name")
        widgets = {"bio": forms.Textarea(attrs={"rows": 3, "maxlength": profiles.BIO_LENGTH})}
        help_texts = {"display_name": "In any script. Your username stays beside it."}

    def __init__(self, *args: Any, only: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {name: field for name, field in self.fields.items() if name in only}

    def clean_display_name(self) -> str:
        """As others may read it."""
        return self._cleaned("display_name", profiles.clean_display_name)

    def clean_bio(self) -> str:
        """As others may read it; a silenced member keeps the old text."""
        return self._cleaned("bio", profiles.clean_bio)

    def _cleaned(self, name: str, clean: Callable[..., str]) -> str:
        try:
            # The instance still has what is stored: Django writes the form's values into it when all fields are clean.
            return clean(self.cleaned_data[name], member=self.instance)
        except DropshopError as refusal:
            raise forms.ValidationError(refusal.facts.get("errors", {}).get(name, [refusal.detail])) from None


class FaceForm(forms.Form):
    """A picture for a face."""

    picture = PictureField(
        square=profiles.PICTURE_PIXELS,
        label="Your picture",
        help_text="JPEG, PNG, WebP or AVIF; its middle, as a circle.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
    )


def profile_facts(request: HttpRequest) -> dict[str, Any]:
    """For the rows under "Profile"."""
    member = member_of(request)
    return {
        "rows": {name: ProfileForm(instance=member, only=fields) for name, fields in ROWS.items()},
        "picture_form": FaceForm(),
        "area": areas.said(member.geohash),
        "language": dict(LANGUAGES).get(member.language, ""),
    }


def privacy_facts(request: HttpRequest) -> dict[str, Any]:
    """For the rows under "Privacy": whom the member has blocked and muted."""
    member = member_of(request)
    return {
        "blocked": member.blocks.filter(blocked__is_active=True).select_related("blocked").order_by("-pk"),
        "muted": member.mutes.filter(muted__is_active=True).select_related("muted").order_by("-pk"),
    }


PROFILE = Part("profile", "community/profiles/_profile.html", profile_facts)
PRIVACY = Part("privacy", "community/profiles/_privacy.html", privacy_facts)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """The member's settings; a POST changes the row that it names."""
    if request.method != "POST":
        return render_settings(request)
    row = request.POST.get("row", "")
    only = ROWS.get(row, WHOLE)
    stored = Member.objects.get(pk=member_of(request).pk)  # the page shows the member as stored, whatever was typed
    form = ProfileForm(request.POST, instance=stored, only=only)
    if form.is_valid():
        profiles.store(stored, **{name: form.cleaned_data[name] for name in only})
        messages.success(request, "Saved.")
        return redirect(address_of("profile"))
    wrong = {name: form for name, fields in ROWS.items() if set(fields) & set(form.errors)}
    rows = {**profile_facts(request)["rows"], **wrong}
    return render_settings(request, status=400, instead={"profile": {"rows": rows}})


@posted("settings")
@login_required
@limited("upload")
def picture(request: HttpRequest) -> HttpResponse:
    """Shows the picture that was sent as the member's face, or takes theirs away."""
    member = member_of(request)
    form = FaceForm(request.POST, request.FILES)
    drawn = None
    if "remove" not in request.POST:
        if not form.is_valid():
            return render_settings(request, status=400, instead={"profile": {"picture_form": form}})
        drawn = form.cleaned_data["picture"]
    try:
        profiles.show_picture(member, drawn)
    except DropshopError as refusal:
        form.add_error("picture", refusal.detail)
        return render_settings(request, status=refusal.status, instead={"profile": {"picture_form": form}})
    messages.success(request, "Your face is drawn from your name." if drawn is None else "Your picture is shown.")
    return HttpResponseRedirect(address_of("profile"), status=303)
