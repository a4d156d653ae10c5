"""Finding what is encrypted by what it means: a column with a keyed hash beside the encrypted one (a blind index)."""

from collections.abc import Callable
from typing import Any

from django.db import models

from dropshop.core.encrypted import keyed_hashes


class KeyedHashField(models.CharField):
    """A keyed hash of what `text` makes of the encrypted field `of`, as `<name of the key>:<hash>`, written with the row.

    None: not computed yet. "": there is nothing to compare. Columns of one `context` can be compared with each other. While the
    keys rotate a row may be under any of them: look for `hashes_of`, not for the newest alone. `manage.py rotate_field_keys`
    computes what is missing or under an older key.
    """

    def __init__(
        self, *args: Any, of: str = "", text: Callable[[Any], str] | None = None, context: str = "", **kwargs: Any
    ) -> None:
        self.of, self.text, self.context = of, text, context
        super().__init__(*args, **{"max_length": 60, "null": True, "editable": False, **kwargs})

    def hashes_of(self, value: Any) -> list[str]:
        """What a row with this value may have stored: the hash under each key, the newest first; [] where nothing compares."""
        return stored_hashes(self.text(value), context=self.context) if self.text and value is not None else []

    def newest_hash_of(self, value: Any) -> str:
        """What is stored with this value from now on."""
        return next(iter(self.hashes_of(value)), "")

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.newest_hash_of(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, value)
        return value


def stored_hashes(text: str, *, context: str) -> list[str]:
    """`<name of the key>:<hash>` of the text under each key, the newest first; none for an empty text."""
    return [f"{name}:{hashed}" for name, hashed in keyed_hashes(text, context=context).items()] if text else []
