"""The name of a member who leaves, removed from what the shop keeps for others."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Func, Model, Q, QuerySet, Value
from django.db.models.functions import Left

from community.people.models import Member

SOMEBODY = "a former member"


def in_mentions(rows: QuerySet[Any], field: str, member: Member) -> None:
    """Where these texts name the member with an @; a word that is only spelled like the name stays."""
    _replace(rows, field, rf"(?<![\w/@.+-])@{re.escape(member.username)}(?![\w+-]|\.\w)")


def in_text(rows: QuerySet[Any], field: str, member: Member) -> None:
    """Wherever these texts, which were written to the member or about them, say the name as a word."""
    _replace(rows, field, rf"(?<![\w.+-])@?{re.escape(member.username)}(?![\w+-]|\.\w)")


def in_staff_log(model: type[Model], ids: Iterable[Any]) -> None:
    """What the admin's log says of these things, which may be the name."""
    found = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids]
    )
    found.update(object_repr=SOMEBODY, change_message="")


def _replace(rows: QuerySet[Any], field: str, pattern: str) -> None:
    without = Func(F(field), Value(pattern), Value(SOMEBODY), Value("gi"), function="regexp_replace")
    longest = rows.model._meta.get_field(field).max_length  # a name may be shorter than what stands for it
    rows.filter(Q((f"{field}__iregex", pattern))).update(**{field: Left(without, longest)})
