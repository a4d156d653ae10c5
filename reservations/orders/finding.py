"""Finding orders by what people say on the phone or write in an e-mail."""

from django.db.models import Q

from reservations.orders.recipients import orders_to
from reservations.purchases.models import ALPHABET

# What people hear or read in place of a letter that numbers do not have.
MISHEARD = str.maketrans("OIL", "011")


def read_number(written: str) -> str | None:
    """The order number that somebody wrote or heard, as it is stored: "ds 7k3f9qxm", "7K3F-9QXM"; None for anything else."""
    letters = "".join(letter for letter in written.upper() if letter.isalnum())
    if len(letters) == 10 and letters.startswith("DS"):
        letters = letters[2:]
    letters = letters.translate(MISHEARD)
    if len(letters) != 8 or not set(letters) <= set(ALPHABET):
        return None
    return f"DS-{letters[:4]}-{letters[4:]}"


def said(words: str, *, by_name: bool) -> Q:
    """Orders with this number or tracking number; with `by_name` also those whose recipient has these words in their name."""
    found = Q(number=read_number(words)) | Q(tracking="".join(words.split()).upper())
    return found | Q(pk__in=orders_to(words).values("pk")) if by_name else found
