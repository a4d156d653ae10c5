"""Replaces the name of a member who leaves in what the shop keeps for others (M4)."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Func, Model, Q, QuerySet, Value
from django.db.models.functions import Left

from community.people.models import Member

FORMER_MEMBER = "a former member"


def remove_mentions(rows: QuerySet[Any], field: str, member: Member) -> None:
    """From this column of the rows, where it names the member with an @. The same word without an @ stays."""
    _replace(rows, field, rf"(?<![\w/@.+-])@{re.escape(member.username)}(?![\w+-]|\.\w)")


def remove_name(rows: QuerySet[Any], field: str, member: Member) -> None:
    """From this column of the rows, wherever the name stands as a word: for texts to the member or about them."""
    _replace(rows, field, rf"(?<![\w.+-])@?{re.escape(member.username)}(?![\w+-]|\.\w)")


def remove_from_staff_log(model: type[Model], ids: Iterable[Any]) -> None:
    """From the admin's log: whatever it says about these rows, which may be the name."""
    found = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids]
    )
    found.update(object_repr=FORMER_MEMBER, change_message="")


def _replace(rows: QuerySet[Any], field: str, pattern: str) -> None:
    without = Func(F(field), Value(pattern), Value(FORMER_MEMBER), Value("gi"), function="regexp_replace")
    longest = rows.model._meta.get_field(field).max_length  # the text may grow: a name may be shorter than what replaces it
    rows.filter(Q((f"{field}__iregex", pattern))).update(**{field: Left(without, longest)})
