"""The receipt of a sale: the e-mail that is stored in the transaction in which the shop notes that its money was taken."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from drops.labels import size_in_sentence
from dropshop.core.countries import names
from dropshop.core.outbox.write import SealedEmail, prepare
from reservations.payments.models import Payment
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import is_collected

KIND = "purchase_receipt"


def receipts_of(payments: Sequence[Payment]) -> dict[UUID, SealedEmail]:
    """By the id of each payment the receipt of its sale, encrypted and ready to be stored; none for members who have closed
    their account or have no e-mail address. To be called outside of any transaction: encrypting takes its time.
    """
    sales = Purchase.objects.filter(reservation__in=[payment.reservation_id for payment in payments])
    writable = sales.filter(member__is_active=True).exclude(member__email="").select_related("drop", "size", "member")
    by_hold = {sale.reservation_id: sale for sale in writable}
    return {payment.pk: _receipt(by_hold[payment.reservation_id]) for payment in payments if payment.reservation_id in by_hold}


def _receipt(sale: Purchase) -> SealedEmail:
    paid = sale.charges
    return prepare(
        KIND,
        f"purchase:{sale.pk}",
        to=sale.member.email,
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
