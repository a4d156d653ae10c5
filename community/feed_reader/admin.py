"""Sources that staff register, how reading them goes, and the prices that came of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from community.feed_reader import robots, sources
from community.feed_reader.models import Host, Source
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.admin.history import HistoryAdmin
from dropshop.core.outbound.addresses import AddressPolicy
from dropshop.core.outbound.errors import AddressRefused

GIVEN = ("store", "url", "kind", "permission", "every_seconds")
STATE = ("is_on", "standing", "next_at", "read_at", "items", "robots_say", "added_by", "history")
CHANGE = "community.change_source"


class SourceForm(forms.ModelForm):
    """What staff say of a source; the permission of the store is part of it."""

    url = forms.URLField(label="URL", max_length=500, assume_scheme="https", widget=AdminURLFieldWidget)

    class Meta:
        model = Source
        fields = GIVEN

    def clean_url(self) -> str:
        """An address that the monitor would go to at all; where its name leads is judged at every reading."""
        url = self.cleaned_data["url"]
        try:
            AddressPolicy().check(url)
        except AddressRefused as refusal:
            raise ValidationError(refusal.words) from None
        return str(url)


@admin.register(Source)
class SourceAdmin(HistoryAdmin, ObjectActionsAdmin):
    """Register, switch off, read now. What the monitor records about a source cannot be edited."""

    form = SourceForm
    object_actions = ("read", "stop", "start")
    list_display = ("store", "url", "kind", "is_on", "standing", "read_at", "next_at")
    list_filter = ("active", "kind", "store")
    list_select_related = ("store",)
    search_fields = ("url", "store__name")
    show_full_result_count = False
    actions = None
    readonly_fields = STATE
    fieldsets = ((None, {"fields": GIVEN}), ("Access", {"fields": STATE}))

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """What it reported stays, and names it: it is switched off."""
        return False

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Writes what was given and nothing else: a reading may have gone on since the page was opened."""
        if not change:
            obj.added_by = staff_of(request)
            obj.save()
        elif form.changed_data:
            sources.change(obj, form.changed_data)

    @admin.display(boolean=True, description="on", ordering="active")
    def is_on(self, source: Source) -> bool:
        """Whether it is read."""
        return source.active

    @admin.display(description="state")
    def standing(self, source: Source) -> str:
        """In words."""
        if source.trouble:
            return f"{source.trouble} {source.failures} in a row."
        return "OK." if source.read_at else "Not read yet."

    @admin.display(description="items of the last reading")
    def items(self, source: Source) -> str:
        """How many we know."""
        return f"{source.matched} of ours, {source.unmatched} unmatched"

    @admin.display(description="robots.txt of its host")
    def robots_say(self, source: Source) -> str:
        """What it says of this address."""
        host = Host.objects.filter(name=robots.host_of(source.url)).first()
        if host is None or host.robots_at is None:
            return "Not read yet."
        if not robots.answered(host):
            return "Could not be read, so nothing else is read."
        allowed = "Allows us to read this" if robots.allows(host, source.url) else "Does not allow us to read this"
        delay = robots.delay_of(host)
        return f"{allowed}; {f'wants {delay:g} seconds between requests' if delay else 'sets no pause'}."

    def read_action(self, request: HttpRequest, source: Source) -> ObjectAction:
        """Makes it due."""
        return ObjectAction(
            label="Read now",
            permission=CHANGE,
            possible=source.active,
            question=f"Read {source.store} now?",
            facts=("Its host's robots.txt and pause still apply.", "What it says shows here within a minute."),
            do=lambda: sources.read_soon(source),
            done="It will be read within ten seconds, or after the pause its host wants.",
        )

    def stop_action(self, request: HttpRequest, source: Source) -> ObjectAction:
        """Switches it off."""
        return ObjectAction(
            label="Switch off",
            permission=CHANGE,
            possible=source.active,
            question=f"Stop reading {source.store}?",
            facts=("A reading that is running now has no effect.", "What it reported stays as it is."),
            do=lambda: sources.switch(source, on=False),
            done="It is no longer read.",
        )

    def start_action(self, request: HttpRequest, source: Source) -> ObjectAction:
        """Switches it on."""
        return ObjectAction(
            label="Switch on",
            permission=CHANGE,
            possible=not source.active,
            question=f"Read {source.store} again?",
            facts=("The first reading only records the stock, and reports nothing.", f"Permission: {source.permission}"),
            do=lambda: sources.switch(source, on=True),
            done="It is read from now on.",
        )
