"""Who carries parcels: the names of carriers that we know, and where each of them says where a parcel is."""

from typing import NamedTuple
from urllib.parse import quote

from dropshop.core.spelling import spelled_plainly


class Carrier(NamedTuple):
    """`url` holds {} where the tracking number stands; `also`: other names that people and files write."""

    name: str
    url: str
    also: tuple[str, ...] = ()


CARRIERS = (
    Carrier("Australia Post", "https://auspost.com.au/mypost/track/details/{}", ("AusPost",)),
    Carrier("Austrian Post", "https://www.post.at/sv/sendungsdetails?snr={}", ("Österreichische Post", "Post AT")),
    Carrier("Canada Post", "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}", ("Postes Canada",)),
    Carrier("Colissimo", "https://www.laposte.fr/outils/suivre-vos-envois?code={}", ("La Poste",)),
    Carrier("DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}", ("DHL Express", "DHL Paket")),
    Carrier("DPD", "https://tracking.dpd.de/status/en_US/parcel/{}"),
    Carrier("Evri", "https://www.evri.com/track/parcel/{}"),
    Carrier("FedEx", "https://www.fedex.com/fedextrack/?trknbr={}", ("Federal Express",)),
    Carrier("GLS", "https://gls-group.eu/EU/en/parcel-tracking?match={}"),
    Carrier("Hermes", "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{}"),
    Carrier("Royal Mail", "https://www.royalmail.com/track-your-item#/tracking-results/{}"),
    Carrier("Swiss Post", "https://service.post.ch/ekp-web/ui/entry/search/{}", ("Die Post", "Schweizerische Post")),
    Carrier("UPS", "https://www.ups.com/track?tracknum={}", ("United Parcel Service",)),
    Carrier("USPS", "https://tools.usps.com/go/TrackConfirmAction?tLabels={}", ("US Postal Service",)),
)


def _key(name: str) -> str:
    return "".join(letter for letter in spelled_plainly(name) if letter.isalnum())


_known = {_key(name): carrier for carrier in CARRIERS for name in (carrier.name, *carrier.also)}


def carrier_name(written: str) -> str:
    """The carrier's own name for what somebody wrote ("ups", "Fed-Ex"); one that we do not know keeps its name."""
    carrier = _known.get(_key(written))
    return carrier.name if carrier else written


def tracking_url(carrier: str, number: str) -> str:
    """The page on which this carrier says where the parcel is; "" where we know none."""
    known = _known.get(_key(carrier))
    return known.url.format(quote(number, safe="")) if known else ""
