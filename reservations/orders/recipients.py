"""Finding orders by the name of their recipient, which is encrypted (M3): a blind index.

Each word of a name is stored as a keyed hash, and so is each word that staff look for: whole words are found, however they are
written (case, accents, width), and parts of words are not. Whoever reads the table without the key learns which orders have a
word in common, and no word. The worker fills it after the sale, beside all locks but each order's own. With a new field key in
front, what is stored under an older one is found and stored anew.
"""

import re
import unicodedata

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from dropshop.core.encrypted import keyed_hashes, newest_key
from dropshop.core.spelling import spelled_plainly
from dropshop.core.transactions import retrying
from reservations.orders.models import RecipientWords
from reservations.purchases.addresses import open_address
from reservations.purchases.models import Purchase

CONTEXT = "reservations.recipientwords.hashes"
BATCH, BATCHES = 200, 20  # orders in a transaction; transactions in a run
MAX_WORDS = 12


def words(name: str) -> list[str]:
    """The words of a name as they are compared: "Åsa-Lena  Strauß" has asa, lena and strauss."""
    letters = unicodedata.normalize("NFKD", spelled_plainly(name))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return sorted({*re.findall(r"\w+", plain)})[:MAX_WORDS]


def orders_to(name: str) -> QuerySet[RecipientWords]:
    """The orders whose recipient has all of these words in their name, under whichever key they are stored; none for none."""
    hashed = [keyed_hashes(word, context=CONTEXT) for word in words(name)]
    if not hashed:
        return RecipientWords.objects.none()
    under_each_key = [Q(key=key, hashes__contains=[by_key[key] for by_key in hashed]) for key in hashed[0]]
    return RecipientWords.objects.filter(Q(*under_each_key, _connector=Q.OR))


def store_words() -> int:
    """Stores the words of orders that are new, or have another address, or were stored under an older key; how many."""
    newest, stored = newest_key(), 0
    for wanted in (Q(found_by_name=False), Q(recipient_words__key__lt=newest) | Q(recipient_words__key__gt=newest)):
        for _ in range(BATCHES):
            done = _store_batch(wanted, newest)
            stored += done
            if done < BATCH:
                break
    return stored


def left_of_words() -> int:
    """Orders whose words are not stored under the newest key."""
    return RecipientWords.objects.exclude(key=newest_key()).count()


@retrying
def _store_batch(wanted: Q, key: str) -> int:
    with transaction.atomic():
        orders = Purchase.objects.filter(wanted).order_by("pk").select_for_update(skip_locked=True, no_key=True)
        sealed = dict(orders.annotate(sealed=Cast("address", TextField())).values_list("pk", "sealed")[:BATCH])
        RecipientWords.objects.bulk_create(
            [RecipientWords(purchase_id=pk, hashes=_hashes(text, key), key=key) for pk, text in sealed.items()],
            update_conflicts=True,
            unique_fields=["purchase"],
            update_fields=["hashes", "key"],
        )
        Purchase.objects.filter(pk__in=sealed.keys(), found_by_name=False).update(found_by_name=True)
    return len(sealed)


def _hashes(sealed: str, key: str) -> list[str]:
    return [keyed_hashes(word, context=CONTEXT)[key] for word in words(open_address(sealed).get("name", ""))]
