"""The column that holds which mailbox a member's address means."""

from typing import Any

from django.db import models

from dropshop.mailboxes import mailbox_key


class MailboxKeyField(models.CharField):
    """The key of the row's `email`, written with the row itself; none where there is no address.

    Of members who shared a mailbox before it was compared, the later ones have a key of their own, and keep it.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        email = model_instance.email  # type: ignore[attr-defined]  # of members alone
        key = mailbox_key(email) if email else None
        if key and getattr(model_instance, self.attname) == own_key(key, model_instance):
            key = own_key(key, model_instance)
        setattr(model_instance, self.attname, key)
        return key


def own_key(key: str, member: Any) -> str:
    """For one whose mailbox, or whose look of a name, was another's already: neither has a blank."""
    return f"{key} {member.pk.hex}"
