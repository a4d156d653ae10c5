"""Reading beacons: the one that was named, and no other; whatever is not good is refused, and named in the trail.

Only workers ask: no thread that serves pages waits for a stranger's machine (M7).
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from dropshop.core.outbound.addresses import AddressPolicy
from dropshop.core.outbound.client import OutboundClient
from dropshop.core.outbound.errors import AddressRefused, ReadingFailed
from reservations.draws.errors import BeaconRefused

log = logging.getLogger(__name__)

SECONDS = 10.0  # for one answer
# Who tells drand's rounds, in the order in which they are asked: all tell the same, and the signature says whether it is good.
DRAND_URLS = ("https://api.drand.sh", "https://drand.cloudflare.com", "https://api2.drand.sh")
NIST_URL = "https://beacon.nist.gov/beacon/2.0"
SIGNATURE = re.compile("[0-9a-f]{96}")
OUTPUT = re.compile("[0-9A-Fa-f]{128}")
DICE = re.compile("[1-6]( [1-6]){15,99}")
NOT_DICE = "Throw at least 16 dice, and write their numbers with a blank between them: 3 5 1 6 …"


def client() -> OutboundClient:
    """What asks; it only goes to public addresses, as everything that the shop asks of strangers."""
    return OutboundClient(AddressPolicy(), seconds=SECONDS)


def read_beacon(named: Mapping[str, Any], refused: Callable[[str], object]) -> dict[str, Any] | None:
    """The beacon that was named, where it is there and good; None where it has to be waited for. `refused` is called with what
    is wrong with each answer that is not it."""
    if named["source"] == "dice":
        return None  # staff throw them
    urls = drand_urls(named) if named["source"] == "drand" else nist_urls(named)
    for url in urls:
        try:
            answer = client().get(url)
        except (AddressRefused, ReadingFailed) as failure:
            log.warning("a beacon could not be read", extra={"url": url, "because": str(failure)})
            continue
        if answer.status != 200:
            continue  # not there yet
        try:
            return good_beacon(named, json.loads(answer.body))
        except BeaconRefused as fault:
            refused(f"{url}: {fault.detail}")
        except ValueError:
            refused(f"{url}: this is no JSON")
    return None


def drand_urls(named: Mapping[str, Any]) -> list[str]:
    """Where drand's round is read, in this order."""
    return [f"{host}/{named['chain']}/public/{named['round']}" for host in DRAND_URLS]


def nist_urls(named: Mapping[str, Any]) -> list[str]:
    """Where NIST's pulse is read."""
    moment = int(datetime.fromisoformat(named["at"]).timestamp() * 1000)
    return [f"{NIST_URL}/pulse/time/{moment}"]


def good_beacon(named: Mapping[str, Any], said: Any) -> dict[str, Any]:
    """What was said, as the draw stores it, where it is the beacon that was named. Raises BeaconRefused with what is wrong."""
    if not isinstance(said, Mapping):
        raise BeaconRefused("this is no beacon")
    return _drand(named, said) if named["source"] == "drand" else _nist(named, said)


def _drand(named: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    from drand_verify import verify_quicknet  # only here: the shop runs without it until a draw needs it

    number, signature = said.get("round"), said.get("signature")
    if number != named["round"] or isinstance(number, bool):
        raise BeaconRefused(f"round {str(number)[:20]} is not {named['round']}")
    if not isinstance(signature, str) or not SIGNATURE.fullmatch(signature):
        raise BeaconRefused("there is no signature")
    try:
        randomness = verify_quicknet(number, signature, named["public_key"])
    except ValueError:
        raise BeaconRefused("its signature is not good") from None
    if randomness != sha256(bytes.fromhex(signature)).hexdigest() or said.get("randomness", randomness) != randomness:
        raise BeaconRefused("its randomness is not that of its signature")
    return {"source": "drand", "round": number, "signature": signature, "value": f"drand:{randomness}"}


def _nist(named: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """NIST's pulse is taken as its host tells it, over a connection with a valid certificate; its own signature is kept."""
    pulse = said.get("pulse")
    if not isinstance(pulse, Mapping):
        raise BeaconRefused("there is no pulse")
    try:
        is_named = datetime.fromisoformat(str(pulse.get("timeStamp"))) == datetime.fromisoformat(named["at"])
    except (ValueError, TypeError):
        is_named = False
    if not is_named:
        raise BeaconRefused(f"the pulse of {str(pulse.get('timeStamp'))[:30]} is not that of {named['at']}")
    output = pulse.get("outputValue")
    if not isinstance(output, str) or not OUTPUT.fullmatch(output):
        raise BeaconRefused("there is no output value")
    kept = {name: str(pulse.get(name, ""))[:1100] for name in ("uri", "signatureValue", "certificateId")}
    return {"source": "nist", "at": named["at"], **kept, "value": f"nist:{output.lower()}"}


def thrown(text: Any) -> dict[str, Any]:
    """The dice as the draw stores them. Raises BeaconRefused where these are no dice."""
    spelled = " ".join(text.split()) if isinstance(text, str) else ""
    if not DICE.fullmatch(spelled):
        raise BeaconRefused(NOT_DICE)
    return {"source": "dice", "value": f"dice:{spelled}"}
