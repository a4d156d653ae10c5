"""Which word stands above a sum in the admin: a price is that of a thing; what was asked, paid or given back is none."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field

from reservations.models import Chargeback, LedgerTransfer, Payment, Purchase, Refund, Reservation

WORDS = {Reservation: "price", Purchase: "paid"} | dict.fromkeys((Payment, Refund, Chargeback, LedgerTransfer), "amount")


@pytest.mark.parametrize(("model", "word"), WORDS.items(), ids=[model.__name__ for model in WORDS])
def test_a_sum_is_called_what_it_is_in_lists_and_on_pages(model, word):
    shown = admin.site.get_model_admin(model)
    assert "money" in shown.list_display
    assert "money" in shown.fields
    assert label_for_field("money", model, shown) == word
