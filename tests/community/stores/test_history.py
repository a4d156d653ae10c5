"""What staff changed of stores is kept by the database."""

import pytest
from django.apps import apps

from tests.make import make_store

pytestmark = pytest.mark.django_db


def test_a_stores_changes_are_kept_its_place_among_them():
    store = make_store()
    for place in ("52.52,13.40", "48.85,2.35", "48.85,2.35"):
        store.place = place
        store.save()
    events = apps.get_model("community", "StoreEvent").objects.filter(pgh_obj=store).order_by("pgh_id")
    assert [str(event.place) for event in events] == ["None", "52.52000,13.40000", "48.85000,2.35000"]
