"""The member's own pages that allauth does not bring."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from community.models import Member


class ProfileForm(forms.ModelForm):
    """What a member decides about themselves."""

    class Meta:
        model = Member
        fields = ("shows_name",)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Your name in the ticker of buyers or not (L5), and the ways to the other account pages."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save(commit=False).save(update_fields=["shows_name"])
        messages.success(request, "Saved.")
        return redirect("profile")
    return render(request, "community/profile.html", {"form": form})
