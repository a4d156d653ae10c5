"""Acceptance 51: a word in every column that can hold words of a member, and it is gone when the member is."""

import logging

import pytest
from django.core.files.storage import default_storage

from community.models import Member
from community.personal_data import erasure
from community.personal_data.export import everything_about
from dropshop.core import retention
from dropshop.core.outbox import send as mailer
from reservations.models import Purchase
from reservations.orders import moves
from reservations.withdrawals import money
from tests.community.personal_data.canary_life import CANARY, columns_with_canary, columns_with_words, live
from tests.make import make_member
from tests.races.auditor import faults

# What the canary's life must put its word into. A column that is new to this test is one of these, or of those below.
OF_MEMBERS = {
    "account.EmailAddress": ("email",),
    "admin.LogEntry": ("object_repr",),
    "community.Comment": ("text",),
    "community.Complaint": ("quote", "text"),
    "community.Dispute": ("note", "reason"),
    "community.Event": ("city", "text", "title", "venue"),
    "community.Folder": ("name",),
    "community.KarmaTransfer": ("note",),
    "community.Member": (*("bio", "display_name", "email", "first_name", "last_name", "mailbox_key", "username"),),
    "community.ModerationAction": ("reason",),
    "community.Notice": ("text", "url"),
    "community.PairPicture": ("alt",),
    "community.Post": ("text",),
    "community.PostPicture": ("alt",),
    "community.Rating": ("text",),
    "community.Restock": ("link", "note"),
    "community.Shipment": ("carrier", "tracking"),
    "community.Trade": ("message",),
    "community.TradeItem": ("terms",),
    "mfa.Authenticator": ("data",),
    "outbox.Email": ("context", "to"),
    "outbox.SuppressedAddress": ("address", "detail"),
    "reservations.DrawEntry": ("address",),
    "reservations.IdempotencyKey": ("answer", "key"),
    "reservations.OrderMove": ("note",),
    "reservations.Payment": ("address",),
    "reservations.Purchase": ("address",),
    "reservations.PurchaseRequest": ("address", "note"),
    "reservations.Refund": ("reason",),
    "reservations.RequestMove": ("note",),
    "reservations.SavedAddress": ("lines",),
    "reservations.SavedMethod": ("brand", "confirm_url", "entered", "note"),
    "reservations.Withdrawal": ("email", "name"),
    "socialaccount.SocialAccount": ("extra_data",),
    "usersessions.UserSession": ("user_agent",),
}
# Tables without words of members: the shop's own goods and rules, other stores, numbers, states, ids and keyed hashes.
OF_THE_SHOP = {
    *("auth.Group", "auth.Permission", "contenttypes.ContentType", "account.EmailConfirmation"),
    *("socialaccount.SocialApp", "socialaccount.SocialToken"),
    *("community.Host", "community.KarmaAccount", "community.KarmaLevel", "community.KarmaLevelEvent", "community.KarmaRule"),
    *("community.KarmaRuleEvent", "community.Offer", "community.PricePoint", "community.Source", "community.SourceEvent"),
    *("community.Store", "community.StoreEvent", "community.Telling", "community.RestockVote", "community.Sighting"),
    *("community.EmailChoice", "community.Follow", "community.Want"),
    *("drops.Drop", "drops.DropEvent", "drops.Size", "drops.Sneaker", "drops.SneakerPicture", "drops.StockAdjustment"),
    *("pghistory.Context", "pghistory.MiddlewareEvents", "sessions.Session"),
    *("reservations.Draw", "reservations.DrawAward", "reservations.DrawFile", "reservations.DrawGroup"),
    "reservations.DrawMove",
    *("reservations.Chargeback", "reservations.ExportColumns", "reservations.LedgerAccount", "reservations.LedgerEntry"),
    "reservations.RequestRound",
    *("reservations.LedgerTransfer", "reservations.PickupPlace", "reservations.ProviderEvent", "reservations.RecipientWords"),
    *("reservations.Reservation", "reservations.ShippingRate", "reservations.ShippingRateEvent", "reservations.TaxRate"),
    *("reservations.TaxRateEvent", "reservations.TestCharge", "reservations.TestRefund", "reservations.DropSeed"),
    *("reservations.DropQueue", "reservations.QueueDeed", "reservations.QueuePlace", "reservations.QueueVerdict"),
}
# Of the other tables: what is chosen from a list, counted, or drawn by lot.
NOT_WRITTEN = {
    "admin.LogEntry": ("change_message", "object_id"),
    "community.Event": ("time_zone",),
    "community.KarmaTransfer": ("source",),
    "community.Member": ("geohash", "name_key", "password", "picture", "time_zone"),
    "community.Notice": ("cause", "kind"),
    "community.Pair": ("currency", "notes", "size"),
    "community.PairPicture": ("image",),
    "community.PostPicture": ("image",),
    "community.Restock": ("confirmed_sizes", "currency", "joined_sizes", "picture", "sizes"),
    "outbox.Email": ("cause", "error", "kind"),
    "outbox.SuppressedAddress": ("mark",),
    "reservations.DrawEntry": ("instrument", "leaf", "mark", "place_hash", "salt", "sizes", "waits"),
    "reservations.IdempotencyKey": ("fingerprint",),
    "reservations.Payment": ("authorisation", "currency", "method", "note", "place_hash", "tax_name"),
    "reservations.Purchase": ("carrier", "currency", "number", "place_hash", "tax_name", "tracking"),
    "reservations.PurchaseRequest": ("currency", "device", "network", "sizes"),
    "reservations.Refund": ("currency", "note", "reference"),
    "reservations.SavedAddress": ("place_hash",),
    "reservations.SavedMethod": ("fingerprint", "last_four", "provider", "reference", "token"),
    "reservations.Withdrawal": ("note",),
    "socialaccount.SocialAccount": ("provider", "uid"),
    "usersessions.UserSession": ("data", "session_key"),
}
# What the shop still owes somebody who has left: a pair that is on its way, and the receipt of a withdrawal.
OWED = {
    *("outbox.Email.context", "outbox.Email.to", "reservations.Purchase.address"),
    *("reservations.Withdrawal.email", "reservations.Withdrawal.name"),
}


def columns(tables):
    return {f"{table}.{column}" for table, names in tables.items() for column in names}


@pytest.fixture
def member(bob, redis, heard, django_capture_on_commit_callbacks) -> Member:
    """Whoever has left the word everywhere."""
    with django_capture_on_commit_callbacks(execute=True):
        return live(staff=make_member("staff", is_staff=True), bob=bob)


def end_what_is_open():
    """The pair arrives, the e-mails go out, and the money of the withdrawal is back."""
    for order in Purchase.objects.filter(status="paid"):
        for to in ("packed", "shipped", "delivered"):
            moves.move(moves.lock_orders([order.pk])[order.pk], Purchase.Status(to))
    mailer.sweep()
    money.sweep()
    retention.enforce()


def in_redis(redis):
    """Everything that stands in Redis, keys and values."""
    read = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
    }
    kind_of = {key: redis.type(key) for key in redis.scan_iter()}
    return {key: read[kind if isinstance(kind, bytes) else kind.encode()](key) for key, kind in kind_of.items()}


def test_every_column_that_can_hold_words_is_known_to_this_test():
    of_the_shop = {column for column in columns_with_words() if column.rpartition(".")[0] in OF_THE_SHOP}
    known = columns(OF_MEMBERS) | columns(NOT_WRITTEN) | of_the_shop
    assert columns_with_words() == known


@pytest.mark.django_db
def test_51_of_an_erased_member_no_word_stays_and_orders_and_ledgers_stand(
    member, redis, caplog, django_capture_on_commit_callbacks
):
    caplog.set_level(logging.INFO)
    assert columns_with_canary() == columns(OF_MEMBERS)
    picture = member.picture.name
    assert default_storage.exists(picture)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(member)
    assert columns_with_canary() <= OWED
    with django_capture_on_commit_callbacks(execute=True):
        end_what_is_open()
    assert columns_with_canary() == set()
    assert not default_storage.exists(picture)
    assert CANARY not in str(in_redis(redis))
    assert CANARY not in caplog.text
    assert faults() == []


@pytest.mark.django_db
def test_what_a_member_left_stands_in_their_export(member):
    assert str(everything_about(member)).count(CANARY) > 20
