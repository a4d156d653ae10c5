"""Members who confirm what others report, and what they have earned by it."""

from community.karma import ledger
from community.restocks import votes


def earn(member, points):
    ledger.award(member, "given-by-staff", source=f"start:{member.pk}", points=points)


def balances(*members):
    return [ledger.balance_of(member) for member in members]


def confirmed(restock, *members):
    for member in members:
        restock = votes.confirm(restock.pk, member=member)
    return restock
