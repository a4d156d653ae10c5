"""The document against the shop: whatever it allows to be sent, and much else, no answer is a 5xx or undocumented."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as shop
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from community.wants import edit
from dropshop.wsgi import application
from tests.harness.thorough import DRAWN, THOROUGH
from tests.make import (
    ADDRESS,
    make_drop,
    make_member,
    make_pair,
    make_post,
    make_purchase,
    make_reservation,
    make_restock,
    make_sneaker,
)

pytestmark = [pytest.mark.django_db, DRAWN]
EXAMPLES = 2 * THOROUGH  # per call and mode; acceptance 43 wants thirty minutes of it: `make thorough ARGS="-k schemathesis"`
DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)
CHECKED = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
CALLS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.fixture(autouse=True)
def one_transaction(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's transaction stays open between requests; and no limit is met."""
    monkeypatch.setattr(shop, "LIMITS", {name: dict.fromkeys(rates, "1000000/1s") for name, rates in shop.LIMITS.items()})
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def things(staff: Any) -> dict[str, list[str]]:
    """Ids that are there, by the first word of their address."""
    sneakered = make_drop({"9": 500, "10": 1}, limit_per_member=100)
    other = make_purchase(make_member(), make_drop(1))
    drops = [sneakered, make_drop(500, access="members"), make_drop(1, starts_in=600), make_drop(published=False), other.drop]
    return {
        "drops": [str(drop.pk) for drop in drops] + [drop.slug for drop in drops],
        "sneakers": [str(sneakered.sneaker_id)],
        "reservations": [
            str(make_reservation(staff, make_drop(1)).pk),
            str(make_purchase(staff, sneakered).reservation_id),
            str(other.reservation_id),
        ],
        "purchases": [str(make_purchase(staff, make_drop(1)).pk), str(other.pk)],
        "wants": [str(edit.add(staff, make_sneaker(), {})[0].pk)],
        "closet": [str(make_pair(staff).pk), str(make_pair(other.member).pk)],
        "community": [str(make_post(member).pk) for member in (staff, make_member())],
        "restocks": [str(make_restock(member).pk) for member in (staff, make_member())],
    }


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), CALLS, ids=lambda part: part)
def test_no_answer_is_a_5xx_or_undocumented(as_member, staff, things, *, method, path, mode):
    api = schemathesis.openapi.from_dict(DOCUMENT)
    api.app = application
    headers = as_member(staff).headers | {"Accept-Encoding": "identity"}  # no client here unpacks
    checks = CHECKS.get_by_names(CHECKED)
    real = {"sneaker": things["sneakers"][0], "size": "9", "address": ADDRESS, "payment_method": "test_ok", "price": "180.00"}
    known = things.get(path.split("/")[3], [])

    @seed(int(os.environ["DROPSHOP_SEED"]))
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=api[path][method].as_strategy(generation_mode=mode), data=st.data())
    def run(case: Any, data: Any) -> None:
        if "{id}" in path and known and data.draw(st.integers(0, 3)):
            case.path_parameters = {"id": data.draw(st.sampled_from(known))}
        if isinstance(case.body, dict) and data.draw(st.booleans()):
            case.body |= {name: value for name, value in real.items() if name in case.body}
        case.call_and_validate(headers=headers, checks=checks)

    run()
