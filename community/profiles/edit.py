"""The member's own pages that allauth does not bring."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.people.models import Member
from community.people.relations import require_not_silenced
from dropshop.core.errors import DropshopError
from dropshop.core.pages import member_of
from dropshop.core.text import clean_text


class ProfileForm(forms.ModelForm):
    """What a member decides about themselves."""

    class Meta:
        model = Member
        fields = ("bio", "shows_name")
        widgets = {"bio": forms.Textarea(attrs={"rows": 3, "maxlength": 300})}

    def clean_bio(self) -> str:
        """The text, cleaned like all that members write; a silenced member keeps the old text."""
        bio: str = self.cleaned_data["bio"]
        try:
            if "bio" in self.changed_data:
                require_not_silenced(self.instance)
            return clean_text(bio, limit=300, field="bio", required=False)
        except DropshopError as refusal:
            raise forms.ValidationError(refusal.facts.get("errors", {}).get("bio", [refusal.detail])) from None


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What others read about you, your name in the ticker of buyers or not (L5), and whom you have blocked or muted."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save(commit=False).save(update_fields=["bio", "shows_name"])
        messages.success(request, "Saved.")
        return redirect("profile")
    member = member_of(request)
    context = {
        "form": form,
        "blocked": member.blocks.filter(blocked__is_active=True).select_related("blocked").order_by("-pk"),
        "muted": member.mutes.filter(muted__is_active=True).select_related("muted").order_by("-pk"),
    }
    return render(request, "community/profiles/edit.html", context)
