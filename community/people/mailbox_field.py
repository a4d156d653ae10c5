"""The column that holds which mailbox a member's address means."""

from community.people.key_field import KeyField, own_key
from dropshop.core.mailboxes import mailbox_key

__all__ = ["MailboxKeyField", "own_key"]


class MailboxKeyField(KeyField):
    """The key of the row's `email`."""

    of = "email"

    def key_of(self, text: str) -> str:
        """Which mailbox the address means."""
        return mailbox_key(text)
