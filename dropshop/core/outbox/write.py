"""Writing e-mails down, in the transaction of what they tell of: they are there exactly when that is.

Nothing is sent here and no template is filled. A worker looks for what is due every second (`dropshop.core.outbox.send`), so
that whoever writes waits neither for a mail server nor for the queue.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models.functions import Now

from dropshop.core.outbox.models import Email
from dropshop.core.sql import rows

Status = Email.Status
_seal_address = Email._meta.get_field("to").get_db_prep_save
_seal_context = Email._meta.get_field("context").get_db_prep_save


class SealedEmail(NamedTuple):
    """An e-mail as it will be stored."""

    id: UUID
    kind: str
    cause: str
    member: UUID | None
    to: str
    context: str


def prepare(kind: str, cause: str, *, to: str, member: UUID | None = None, **context: Any) -> SealedEmail:
    """An e-mail, encrypted and not stored: for callers who store many under a lock (`write_each`), and encrypt before it.

    `kind` names its templates (templates/emails/<kind>.txt and .html), `cause` what happened ("purchase:<id>"); the JSON
    `context` fills them. With a `member` (an id) it is not sent once the account is closed, and is emptied with an erasure.
    """
    return SealedEmail(uuid4(), kind, cause, member, _seal_address(to, connection), _seal_context(context, connection))


# For a statement that also does something else. `<those>` is a condition: which of these e-mails are written.
INSERT = """
INSERT INTO {email} (id, kind, cause, member_id, "to", context, status, created_at, retry_at, tries, error)
SELECT new.id, new.kind, new.cause, new.member, new."to", new.context, 'waiting', now(), now(), 0, ''
  FROM unnest(%(emails)s::uuid[], %(email_kinds)s::text[], %(email_causes)s::text[], %(email_members)s::uuid[],
              %(email_addresses)s::text[], %(email_contexts)s::text[]) AS new(id, kind, cause, member, "to", context)
 WHERE <those>
    ON CONFLICT (kind, cause) DO NOTHING
RETURNING id
"""


def insert_values(emails: Sequence[SealedEmail]) -> dict[str, list[Any]]:
    """The values of INSERT."""
    ids, kinds, causes, members, addresses, contexts = map(list, zip(*emails, strict=True)) if emails else ([],) * 6
    names = {"email_kinds": kinds, "email_causes": causes, "email_members": members}
    return {"emails": ids, "email_addresses": addresses, "email_contexts": contexts, **names}


def write_each(emails: Sequence[SealedEmail]) -> set[UUID]:
    """Stores these e-mails in one statement, in the caller's transaction; the ids of those that had not been written before."""
    if not emails:
        return set()
    return {pk for (pk,) in rows(INSERT.replace("<those>", "true"), **insert_values(emails))}


def write(kind: str, cause: str, *, to: str, member: UUID | None = None, **context: Any) -> bool:
    """Stores one e-mail (see `prepare`); False where that cause had one of this kind before."""
    return bool(write_each([prepare(kind, cause, to=to, member=member, **context)]))


def write_to_member(member: UUID, kind: str, cause: str, **context: Any) -> bool:
    """The same to the address that the member has now; False, too, where the account is closed or has no address."""
    to = addresses_of([member]).get(member)
    return to is not None and write(kind, cause, to=to, member=member, **context)


ADDRESSES = "SELECT id, email FROM {user} WHERE id = ANY(%(ids)s::uuid[]) AND is_active AND email <> ''"


def addresses_of(members: Collection[UUID]) -> dict[UUID, str]:
    """The e-mail addresses of those of these members who may be written to: whose account is open, and has one."""
    if not members:
        return {}
    user = "{" + str(get_user_model()._meta.model_name) + "}"
    return dict(rows(ADDRESSES.replace("{user}", user), ids=[*members]))


def forget(member: Any) -> None:
    """Empties what was written to this member, who is being erased; what waits is called off."""
    theirs = Email.objects.filter(member=member)
    waiting = {"status": Status.CALLED_OFF, "retry_at": None, "settled_at": Now(), "error": "The member was erased."}
    theirs.filter(status=Status.WAITING).update(**waiting)
    theirs.update(to=None, context=None)
