"""What a closet asks of the rooms above it: trades and wants."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from community.closet.models import Pair
from dropshop.core.hooks import Hook

# (ids, because): the offers that name one of these pairs end. Called with the pairs locked (T2).
pairs_changed: Hook[Callable[[Collection[UUID], str], object]] = Hook("community.closet.pairs_changed")
# These are for trade now.
pairs_offered: Hook[Callable[[Sequence[Pair]], None]] = Hook("community.closet.pairs_offered")
# (files, ids): those of these files of photographs that no offer with one of these pairs shows.
unused_photographs: Hook[Callable[[Collection[str], Collection[UUID]], Collection[str]]] = Hook(
    "community.closet.unused_photographs"
)
