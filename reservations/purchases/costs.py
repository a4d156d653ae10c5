"""What a pair costs at an address: shown before anybody pays, and the same wherever a pair that was paid for goes instead."""

from collections.abc import Mapping

from dropshop.core.countries import country_code
from dropshop.core.errors import Invalid
from reservations.addresses.countries import rules_of
from reservations.charges.calculate import Charges
from reservations.charges.errors import NotShippedThere
from reservations.charges.regions import region_key
from reservations.charges.tariff import tariff_for
from reservations.holds.models import Reservation
from reservations.payments import limits
from reservations.payments.errors import AmountNotTaken
from reservations.purchases.models import Purchase
from reservations.purchases.pickup import NOT_OFFERED, place_lines, places_for

OTHER_COSTS = (
    "Shipping or tax there are not what you paid. Choose an address in the same country and state, or cancel the order and buy "
    "again."
)


def costs_of(hold: Reservation, *, country: str, state: str) -> Charges:
    """What buying the pair costs now, for an address in this country (a code, or an English name) and state.

    Raises NotShippedThere, AmountNotTaken; Invalid for what is no country or, where all are known, no state, and where the tax
    depends on a state that is missing.
    """
    code = country_code(country)
    if code is None:
        raise Invalid(errors={"country": ["Give a country by its code of ISO 3166, such as US, or by its English name."]})
    if state and (fault := rules_of(code).fault_of_state(state)):
        raise Invalid(errors={"address.state": [fault]})
    return require_payable(tariff_for([code]).charges(hold.money, hold.drop.weight, {"country": code, "state": state}))


def require_payable(charges: Charges) -> Charges:
    """The same; raises AmountNotTaken where the provider cannot take their total."""
    if fault := limits.fault(charges.total):
        raise AmountNotTaken(fault, total=charges.total.facts)
    return charges


def collecting_costs(hold: Reservation, place: str) -> Charges:
    """What buying the pair costs now for who collects it at the place with this number.

    Raises AmountNotTaken; Invalid where its drop is not offered there, and where the tax depends on a state that
    the place has not.
    """
    found = places_for(hold.drop_id).filter(pk=place).first()
    if found is None:
        raise Invalid(NOT_OFFERED, errors={"pickup": [NOT_OFFERED]})
    return require_payable(tariff_for([found.country]).charges(hold.money, hold.drop.weight, place_lines(found)))


def same_place(address: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether both are in one country and state, and both collected or neither: then the same rates hold for both."""
    return _place(address) == _place(other)


def _place(address: Mapping[str, str]) -> tuple[str, str, bool]:
    country = address.get("country", "")
    return country, region_key(country, address.get("state", "")), "pickup" in address


def require_same_costs(order: Purchase, address: Mapping[str, str]) -> None:
    """Raises Invalid where sending the order to this address would cost another sum than the shopper has paid."""
    if same_place(order.address, address):
        return
    paid = order.charges
    try:
        is_same = tariff_for([address["country"]]).charges(paid.price, order.drop.weight, address) == paid
    except NotShippedThere:
        is_same = False
    if not is_same:
        raise Invalid("The address is not possible.", errors={"address.country": [OTHER_COSTS]})
