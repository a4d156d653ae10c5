"""What the form of an address asks while it is filled in: the lines of the country, and the place of a postcode."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dropshop.core.countries import country_code, names
from dropshop.core.limits import limited
from reservations.addresses.countries import CountryRules, rules_of
from reservations.addresses.forms import label_of
from reservations.addresses.lines import ALWAYS, LINES, NO_COUNTRY
from reservations.addresses.postcodes import COUNTRIES, place_of

A_DAY = 86_400  # seconds


@require_safe
@limited("postcode", methods=("GET", "HEAD"))
@cache_control(private=True, max_age=A_DAY)
def postcode(request: HttpRequest) -> JsonResponse:
    """For a `country` (by code or name) and a `zip_code`, as far as they are typed.

    Of what is no country `country` is null, and `country_fault` says so.
    """
    code = country_code(request.GET.get("country", "")[: LINES["country"]])
    if code is None:
        return JsonResponse({"country": None, "country_fault": NO_COUNTRY})
    return JsonResponse(
        _lines_of(rules_of(code)) | _place(rules_of(code), request.GET.get("zip_code", "")[: LINES["zip_code"]])
    )


def _lines_of(rules: CountryRules) -> dict[str, Any]:
    return {
        "country": rules.code,
        "name": names()[rules.code],
        "asks": [line for line in LINES if line in rules.asked or line in ALWAYS],
        "needs": [line for line in LINES if line in rules.required | ALWAYS],
        "labels": {line: label_of(line, rules) for line in ("zip_code", "city", "state")},
        "example": rules.postcode_example,
        "knows_places": rules.code in COUNTRIES,
    }


def _place(rules: CountryRules, typed: str) -> dict[str, Any]:
    place = place_of(rules.code, typed)
    return {"fault": rules.fault_of_postcode(typed) if typed else "", "place": place._asdict() if place else None}
