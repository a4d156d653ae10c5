"""E-mails that commit with what happened and are sent by a worker of their own: no page waits for a mail server (M7)."""
