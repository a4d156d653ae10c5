"""What the ledger says, in short."""

from django.db.models import Sum

from reservations.models import LedgerEntry


def booked(hold):
    """Of each transfer of the hold's payments, by its kind: (account, amount), sorted."""
    transfers = {}
    for entry in LedgerEntry.objects.filter(transfer__payment__reservation=hold).select_related("transfer"):
        transfers.setdefault(entry.transfer.kind, []).append((entry.account_id, entry.amount))
    return {kind: sorted(sides) for kind, sides in transfers.items()}


def balances():
    """The sum of each account by (currency, account), less those at zero."""
    sums = LedgerEntry.objects.order_by().values_list("currency", "account").annotate(minor=Sum("amount"))
    return {(currency, account): int(minor) for currency, account, minor in sums if minor}
