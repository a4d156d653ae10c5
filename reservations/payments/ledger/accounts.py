"""The accounts that transfers are booked on; docs/architecture.md says what each means."""

from typing import Any

from django.apps import AppConfig, apps

# code: title, whether a settled payment leaves nothing there
ACCOUNTS = {
    "authorised": ("Set aside at the provider", True),
    "authorisations": ("Set aside by shoppers", True),
    "provider": ("Taken by the provider for us", False),
    "sales": ("Sold to shoppers", False),
    "chargebacks": ("Taken back by shoppers' banks", False),
    "fees": ("Kept by the provider for its work", False),
}


def create_accounts(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """After a migration: every account that a transfer names exists."""
    from reservations.payments.ledger.models import LedgerAccount

    if sender.label != "reservations" or "ledgeraccount" not in kwargs.get("apps", apps).all_models["reservations"]:
        return
    accounts = [LedgerAccount(code=code, title=title, clears=clears) for code, (title, clears) in ACCOUNTS.items()]
    LedgerAccount.objects.using(using).bulk_create(accounts, ignore_conflicts=True)
