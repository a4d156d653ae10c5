"""Records that staff read and nobody edits."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from dropshop.core.admin.actions import ReadOnlyAdmin

MAY_SEE_MEMBERS = "community.view_member"


def to_the_second(name: str) -> Callable[[Any, Any], str]:
    """A column that shows this moment with its seconds, which decide here."""

    @admin.display(description=f"{name.replace('_', ' ')} (UTC)", ordering=name)
    def shown(model_admin: Any, record: Any) -> str:
        moment = getattr(record, name)
        return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "—"

    return shown


def money_as(name: str) -> Callable[[Any, Any], str]:
    """A column that shows the record's `money` under the word for what it is there: a price, what was paid, an amount."""

    @admin.display(description=name)
    def shown(model_admin: Any, record: Any) -> str:
        return str(record.money)

    return shown


class RecordsAdmin(ReadOnlyAdmin):
    """Read-only lists, newest first, without opening what is encrypted."""

    list_per_page = 50
    show_full_result_count = False
    actions: Sequence[Callable[..., Any] | str] | None = None
    created = to_the_second("created_at")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By e-mail address only for those who may see it: a search that finds somebody tells it too."""
        may = request.user.has_perm(MAY_SEE_MEMBERS)
        return [name for name in super().get_search_fields(request) if may or not name.endswith("email")]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The way to the member only for those who may go it; for others the name alone."""
        fields: Any = super().get_fields(request, obj)
        return tuple("who" if name == "member" and not request.user.has_perm(MAY_SEE_MEMBERS) else name for name in fields)

    @admin.display(description="member")
    def who(self, record: Any) -> str:
        """Their name."""
        return str(record.member)
