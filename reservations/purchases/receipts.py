"""The receipt of a sale: the e-mail that is stored in the transaction in which the shop notes that its money was taken."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from drops.labels import size_in_sentence
from dropshop.core.countries import names
from dropshop.core.outbox.write import SealedEmail, addresses_of, prepare
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import is_collected

KIND = "purchase_receipt"


def receipts_of(payments: Sequence[Payment]) -> dict[UUID, SealedEmail]:
    """By the id of each payment the receipt of its sale, encrypted and ready to be stored; none for members who have closed
    their account or have no e-mail address. To be called outside of any transaction: encrypting takes its time.
    """
    sales = _sales_of(payments)
    to = addresses_of({sale.member_id for sale in sales.values()})
    return {pk: _receipt(sale, to[sale.member_id]) for pk, sale in sales.items() if sale.member_id in to}


def _sales_of(payments: Sequence[Payment]) -> dict[UUID, Purchase]:
    """By the id of its payment; those that this process has not made itself are read."""
    unknown = {payment.reservation_id: payment.pk for payment in payments if payment.sale is None}
    found = Purchase.objects.filter(reservation__in=unknown).select_related("drop", "size") if unknown else ()
    known = {payment.pk: payment.sale for payment in payments if payment.sale is not None}
    return known | {unknown[sale.reservation_id]: sale for sale in found}


def _receipt(sale: Purchase, to: str) -> SealedEmail:
    paid = sale.charges
    return prepare(
        KIND,
        f"purchase:{sale.pk}",
        to=to,
        member=sale.member_id,
        number=sale.number,
        title=sale.drop.title,
        size=size_in_sentence(sale.size.label),
        price=str(paid.price),
        shipping=str(paid.shipping) if paid.shipping.minor else "",
        tax=f"{paid.tax}{' (included)' if paid.tax_included else ''}" if paid.tax.minor else "",
        tax_label=paid.tax_label,
        total=str(paid.total),
        arrives=sale.arrives.text if sale.arrives else "",
        collected=is_collected(sale.address),
        address=address_lines(sale.address),
        path=sale.get_absolute_url(),
    )


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """An address as it is written on an envelope; the country by its name. What is collected has the name of its place.

    Of a forgotten address only these two are left.
    """
    place = " ".join(filter(None, (address.get("zip_code"), address.get("city"))))
    state, country = address.get("state"), address.get("country", "")
    lines = (address.get("name"), address.get("place"), address.get("street"), ", ".join(filter(None, (place, state))))
    return [*filter(None, lines), names().get(country, country)]
