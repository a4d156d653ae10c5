"""Second factors while the field keys rotate: allauth keeps what is encrypted inside a JSON object, in no column of its own."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q, QuerySet

from community.accounts.second_factors import CONTEXT
from dropshop.core.encrypted import Unreadable, decrypt, encrypt, newest_key
from dropshop.core.rotation import OwnForm
from dropshop.core.transactions import retrying

# What is encrypted of each kind.
SECRETS = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


def store() -> int:
    """Encrypts anew what is under an older key, row by row; how many. Rows that somebody has locked wait for the next time."""
    return sum(_store(pk) for pk in _stale().order_by("pk").values_list("pk", flat=True))


def left() -> int:
    """Second factors that are not under the newest key."""
    return _stale().count()


FORM = OwnForm(store, left)


def _stale() -> QuerySet[Authenticator]:
    under = f"{newest_key()}:"
    kinds = [Q(type=kind, data__has_key=name) & ~Q(**{f"data__{name}__startswith": under}) for kind, name in SECRETS.items()]
    return Authenticator.objects.filter(Q(*kinds, _connector=Q.OR))


@retrying
def _store(pk: int) -> bool:
    with transaction.atomic():
        locked = _stale().select_for_update(skip_locked=True, no_key=True).filter(pk=pk).first()
        if locked is None:
            return False
        name = SECRETS[Authenticator.Type(locked.type)]
        try:
            locked.data[name] = encrypt(decrypt(locked.data[name], context=CONTEXT), context=CONTEXT)
        except Unreadable:
            return False
        locked.save(update_fields=["data"])
    return True
