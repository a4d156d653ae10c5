"""Columns that hold what another column of the member means, so that the database compares meanings and not spellings."""

from typing import Any

from django.db import models


class KeyField(models.CharField):
    """The key of the column `of`, written with the row itself; none where that is empty.

    Of members who had the same key before it was compared, the later ones have a key of their own, and keep it.
    """

    of: str

    def key_of(self, text: str) -> str:
        """What the text means."""
        raise NotImplementedError

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        text = getattr(model_instance, self.of)
        key = self.key_of(text) if text else None
        if key and getattr(model_instance, self.attname) == own_key(key, model_instance):
            key = own_key(key, model_instance)
        setattr(model_instance, self.attname, key)
        return key


def own_key(key: str, member: models.Model) -> str:
    """For one whose key was another's already: keys hold no blank."""
    return f"{key} {member.pk.hex}"
