"""A drop's seed: sealed when it is published, never changed, revealed once, and the order that it gives."""

import hashlib

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from drops.schedule import publish
from reservations.models import DropSeed
from reservations.seeds.seal import rank, reveal, sealed
from tests.make import make_drop
from tests.races.crowd import at_once

pytestmark = pytest.mark.django_db(transaction=True)
VECTOR = "f60cec14dec055579bde6c61090c7f1e21e459fc0d91bd285151121d4ec5e50c"


def test_publishing_seals_a_seed_whose_hash_everybody_may_know():
    drop = make_drop(1, published=False, starts_in=60)
    assert not DropSeed.objects.exists()
    publish(drop)
    seed = DropSeed.objects.get()
    assert (seed.drop_id, len(seed.secret), seed.revealed_at) == (drop.pk, 32, None)
    assert seed.commitment == hashlib.sha256(seed.secret).hexdigest()
    assert sealed(drop.pk) == seed


def test_what_stands_in_the_database_is_not_the_seed():
    seed = sealed(make_drop(1).pk)
    (stored,) = DropSeed.objects.extra(select={"stored": "encrypted"}).values_list("stored", flat=True)
    assert seed.secret.hex() not in stored


def test_ten_who_ask_at_once_for_a_drop_without_a_seed_get_the_same():
    drop = make_drop(1)
    answers = at_once([lambda: sealed(drop.pk).secret] * 10)
    assert len({*answers}) == 1


@pytest.mark.parametrize("change", [{"commitment": "0" * 64}, {"encrypted": "00" * 32}, {"sealed_at": "2000-01-01T00:00:00Z"}])
def test_a_seed_stays_as_it_was_sealed(change):
    seed = sealed(make_drop(1).pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        DropSeed.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        DropSeed.objects.all().delete()
    assert sealed(seed.drop_id).secret == seed.secret


def test_a_seed_is_revealed_once():
    drop = make_drop(1)
    first = reveal(drop.pk)
    assert first.revealed_at is not None
    assert reveal(drop.pk).revealed_at == first.revealed_at
    with pytest.raises(DatabaseError), transaction.atomic():
        DropSeed.objects.update(revealed_at=None)


def test_the_order_is_an_hmac_that_anybody_computes_again():
    """Computed once with OpenSSL: printf 'dropshop/queue/1\\0alice' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…00."""
    assert rank(bytes(32), "queue", "alice").hex() == VECTOR
    assert rank(bytes(32), "queue", b"alice") == rank(bytes(32), "queue", "alice")
    others = {rank(bytes(32), "draw", "alice"), rank(bytes(32), "queue", "bob"), rank(b"\1" * 32, "queue", "alice")}
    assert len(others) == 3
    assert rank(bytes(32), "queue", "alice") not in others
