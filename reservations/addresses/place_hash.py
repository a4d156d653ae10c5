"""Addresses that mean one place, found although they are encrypted: saved ones, and those of payments and purchases."""

from collections.abc import Mapping

from dropshop.core.blind_index import KeyedHashField, stored_hashes
from reservations.addresses.place_key import place_key

CONTEXT = "reservations.place"


def place_hash_field(of: str) -> KeyedHashField:
    """The column for the place of the address in the field `of`; those of all tables can be compared."""
    return KeyedHashField("keyed hash of the place", of=of, text=place_key, context=CONTEXT)


def place_hashes(address: Mapping[str, str]) -> list[str]:
    """The place as rows may have stored it: under each key, the newest first; [] for what is collected."""
    return stored_hashes(place_key(address), context=CONTEXT)
