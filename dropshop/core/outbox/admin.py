"""E-mails as staff read them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin
from dropshop.core.admin.records import RecordsAdmin, to_the_second
from dropshop.core.errors import Invalid
from dropshop.core.outbox import due, suppression
from dropshop.core.outbox.models import Email, SuppressedAddress, kind_in_words

AGAIN = (Email.Status.SENT, Email.Status.FAILED, Email.Status.SUPPRESSED)


class KindFilter(admin.SimpleListFilter):
    """The kinds that there are, in words."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = Email.objects.order_by("kind").values_list("kind", flat=True).distinct()
        return [(kind, kind_in_words(kind)) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Email)
class EmailAdmin(RecordsAdmin, ObjectActionsAdmin):
    """What was written to whom, what came of it, and why not; nobody's words, and of an address its end alone."""

    object_actions = ("send_again",)
    list_display = ("what", "member", "status", "tries", "error", "created", "settled")
    list_filter = ("status", KindFilter)
    list_select_related = ("member",)
    search_fields = ("=id", "=cause", "member__username")
    search_help_text = "Number of the message, cause (purchase:…), or member"
    date_hierarchy = "created_at"
    fields = ("id", "what", "cause", "member", "address", "status", "tries", "next_try", "error", "created", "settled")
    settled, next_try = to_the_second("settled_at"), to_the_second("retry_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Email]:
        return super().get_queryset(request).defer("to", "context")

    @admin.display(description="kind", ordering="kind")
    def what(self, email: Email) -> str:
        """In words."""
        return email.kind_in_words

    @admin.display(description="address")
    def address(self, email: Email) -> str:
        """Enough of it to recognise: "a…@example.com"."""
        return masked(email.to)

    def send_again_action(self, request: HttpRequest, email: Email) -> ObjectAction:
        """Sends it once more, with the same Message-ID."""
        return ObjectAction(
            label="Send again",
            permission="outbox.send_again",
            possible=email.status in AGAIN and email.is_readable,
            question=f"Send this e-mail to {masked(email.to)} again?",
            facts=("It goes to the same address, in the same words.", "A mail program that has it shows it once."),
            do=lambda: _send_again(email),
            done="The e-mail is sent again within seconds.",
        )


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(RecordsAdmin, ObjectActionsAdmin):
    """Addresses that are not written to, and why; found by the whole address, of which the list shows the end alone."""

    object_actions = ("lift",)
    list_display = ("shown", "reason", "detail", "created", "lifted")
    list_filter = ("reason", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("mark",)
    search_help_text = "The whole address"
    fields = ("shown", "reason", "detail", "created", "lifted")
    lifted = to_the_second("lifted_at")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not search_term:
            return queryset, False
        return queryset.filter(pk__in=suppression.ever_of(search_term)), False

    @admin.display(description="address")
    def shown(self, suppressed: SuppressedAddress) -> str:
        """Enough of it to recognise."""
        return masked(suppressed.address)

    def lift_action(self, request: HttpRequest, suppressed: SuppressedAddress) -> ObjectAction:
        """Writes there again."""
        return ObjectAction(
            label="Send again to this address",
            permission="outbox.lift_suppression",
            possible=suppressed.lifted_at is None,
            question=f"Send e-mails to {masked(suppressed.address)} again?",
            facts=("Only where its owner has mended it, or wants our e-mails.", "What was not sent meanwhile is not sent now."),
            do=lambda: suppression.lift(str(suppressed.address)),
            done="E-mails are sent there again.",
        )


def masked(address: Any) -> str:
    """The first letter of an address and its domain."""
    name, _, domain = str(address or "").rpartition("@")
    return f"{name[:1]}…@{domain}" if domain else "none any more"


def _send_again(email: Email) -> None:
    if not due.send_again(email):
        raise Invalid("This e-mail waits to be sent already, or cannot be sent any more.")
