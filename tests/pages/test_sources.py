"""The page that names whose data the shop shows, as their licences ask."""

from pathlib import Path

import pytest

from reservations.addresses import postcodes

pytestmark = pytest.mark.django_db


def test_every_page_leads_to_the_sources_and_they_name_each_collection(client):
    assert 'href="/sources/"' in client.get("/").content.decode()
    page = client.get("/sources/").content.decode()
    for licence in ("CC BY 4.0", "Open Database License", "MIT licence", "public domain"):
        assert licence in page
    for collection in ("GeoNames", "Natural Earth", "libaddressinput", "Countries States Cities Database", "zipcodes"):
        assert collection in page


def test_control_the_data_of_postcodes_are_of_these_two_and_no_third():
    folder = Path(postcodes.__file__).parent / "postcode_data"
    licences = sorted(file.name for file in folder.glob("LICENSE.*"))
    assert licences == ["LICENSE.countrystatecity", "LICENSE.zipcodes"]
