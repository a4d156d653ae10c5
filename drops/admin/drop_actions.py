"""The operations of a drop: preview, stock, who holds and who bought, publish, end now, duplicate."""

from datetime import datetime

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from drops import planning, schedule
from drops.duplicates import duplicate, next_hours
from drops.labels import count_pairs
from drops.models import Drop, Mode, Phase
from drops.plan_rules import REASON_MAX_LENGTH
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of
from dropshop.core.clock import database_time
from dropshop.core.local_time import LocalTime

from . import stock as stock_pages

# The records of a drop are kept on the floor above; here only their addresses are known.
RECORDS = (("Holds", "reservations", "reservation"), ("Purchases", "reservations", "purchase"))


class CallOffForm(forms.Form):
    """Why; everybody reads it."""

    reason = forms.CharField(max_length=REASON_MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))


class DropActions(ObjectActionsAdmin):
    """What staff do with a drop besides filling in its form."""

    object_actions = ("publish", "end", "call_off", "duplicate")

    def actions_for(self, request: HttpRequest, obj: Drop) -> list[dict[str, str]]:
        """The operations, behind the pages that only show."""
        preview = {"label": "Preview" if not obj.published else "See it", "address": _page_of(obj), "kind": "quiet"}
        pages = [preview, {"label": "Stock", "address": stock_pages.address_of_drop(obj), "kind": "quiet"}]
        for label, app, model in RECORDS if obj.published else ():
            if request.user.has_perm(f"{app}.view_{model}"):
                address = f"{reverse(f'admin:{app}_{model}_changelist')}?drop__id__exact={obj.pk}"
                pages.append({"label": label, "address": address, "kind": "quiet"})
        if obj.published and obj.mode == Mode.QUEUE and request.user.has_perm("reservations.view_dropqueue"):
            address = reverse("admin:reservations_dropqueue_change", args=[obj.pk])
            pages.append({"label": "Queue", "address": address, "kind": "quiet"})
        return [*pages, *super().actions_for(request, obj)]

    def publish_action(self, request: HttpRequest, drop: Drop) -> ObjectAction:
        """A draft becomes visible."""
        return ObjectAction(
            label="Publish",
            kind="hot",
            permission="drops.publish_drop",
            possible=not drop.published,
            question=f"Publish “{drop.title}”?",
            facts=(
                f"Opens {local(drop, drop.starts_at)}{', that is at once' if drop.starts_at <= database_time() else ''}",
                f"Closes {local(drop, drop.ends_at)}",
                f"{_pairs(drop)}, {drop.money} each",
            ),
            do=lambda: planning.change_drop(drop.pk, {"published": True}, by=staff_of(request)),
            done=f"“{drop.title}” is published.",
        )

    def end_action(self, request: HttpRequest, drop: Drop) -> ObjectAction:
        """A running drop closes this second."""
        running = Drop.objects.in_phase(Phase.LIVE, Phase.SOLD_OUT).filter(pk=drop.pk).exists()
        return ObjectAction(
            label="End now",
            permission="drops.end_drop",
            possible=running,
            question=f"End “{drop.title}” now?",
            facts=(
                "Nobody can reserve from now on.",
                "Members who hold a pair can still pay for it.",
                "It cannot be opened again.",
            ),
            do=lambda: schedule.end_now(drop),
            done=f"“{drop.title}” has ended.",
        )

    def call_off_action(self, request: HttpRequest, drop: Drop) -> ObjectAction:
        """A drop that was promised does not take place, or goes no further."""
        return ObjectAction(
            label="Call off",
            permission="drops.call_off_drop",
            possible=drop.published and not drop.is_over_at(database_time()),
            question=f"Call “{drop.title}” off?",
            facts=(
                "Nobody can reserve, arrive or enter from now on, and everybody reads your reason.",
                "Members who hold a pair can still pay for it.",
                "It cannot be opened again.",
            ),
            form=CallOffForm,
            do=lambda reason: schedule.call_off(drop.pk, by=staff_of(request), reason=reason),
            done=f"“{drop.title}” is called off.",
        )

    def duplicate_action(self, request: HttpRequest, drop: Drop) -> ObjectAction:
        """The same again, as a draft, some weeks later."""
        opens, closes = next_hours(drop, database_time())
        return ObjectAction(
            label="Duplicate",
            permission="drops.add_drop",
            question=f"Duplicate “{drop.title}” as a new draft?",
            facts=(
                "Same sneaker, price, rules and size run, with all pairs available.",
                f"Opens {local(drop, opens)} and closes {local(drop, closes)}, until you choose other times.",
                "Nobody sees it before you publish it.",
            ),
            do=lambda: duplicate(drop),
            done=f"“{drop.title}” was duplicated as a draft.",
        )


def local(drop: Drop, moment: datetime) -> str:
    """The moment on the clocks of the drop's time zone; with its seconds where it has some."""
    shown = LocalTime.at(moment, drop.time_zone).local
    time = f"{shown:%H:%M:%S}" if shown.second else f"{shown:%H:%M}"
    return f"{shown:%a %-d %b %Y}, {time} {drop.time_zone}"


def _pairs(drop: Drop) -> str:
    sizes = list(drop.sizes.all())
    return f"{count_pairs(sum(size.total for size in sizes))} in {len(sizes)} {'size' if len(sizes) == 1 else 'sizes'}"


def _page_of(drop: Drop) -> str:
    return drop.get_absolute_url() if drop.published else f"{drop.get_absolute_url()}?preview=1"
