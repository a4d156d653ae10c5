"""Shops that one test module after the other borrows: starting the processes of a shop costs ten seconds of computing time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from pytest_django.plugin import DjangoDbBlocker

from tests.harness.shop import Shop


class OpenShops:
    """Keeps the shop that was given back last, for whoever wants one of the same kind; others are closed."""

    in_use: ClassVar[list[Shop]] = []

    def __init__(self, blocker: DjangoDbBlocker) -> None:
        self._blocker = blocker
        self._kept: tuple[dict[str, Any], Shop] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close_kept()

    @contextmanager
    def borrowed(self, **options: Any) -> Iterator[Shop]:
        """A shop without people and drops (`options` as for `Shop`); models read and write its database meanwhile."""
        shop = self._taken(options)
        self.in_use.append(shop)
        try:
            with self._blocker.unblock(), shop.orm():
                yield shop
        except BaseException:
            shop.untouched = False
            raise
        finally:
            self.in_use.remove(shop)
            if shop.can_be_made_as_new and self._kept is None:
                self._kept = options, shop
            else:
                shop.__exit__()

    def _taken(self, options: dict[str, Any]) -> Shop:
        """The kept one where it is of this kind and all its processes live; else a new one, and the kept one is closed."""
        if self._kept is not None:
            kind, shop = self._kept
            if kind == options and all(child.alive for child in shop.children.values()):
                self._kept = None
                shop.make_as_new()
                return shop
            self._close_kept()
        return Shop(**options).__enter__()

    def _close_kept(self) -> None:
        if self._kept is not None:
            _, shop = self._kept
            self._kept = None
            shop.__exit__()
