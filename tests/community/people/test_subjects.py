"""What the rooms say of their subjects: every key to a member is exported, and every subject is registered."""

import pytest
from django.apps import apps as installed
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from community import apps
from community.karma.facts import address_of
from community.models import Member
from community.moderation.models import TARGETS
from community.people.subjects import registry, reportables
from community.personal_data.export import everything_about

# Why a key to a member is in no subject's `exports`.
NOT_IN_A_SUBJECT = {
    "account.EmailAddress.user": "exported beside them, as `email_addresses`",
    "admin.LogEntry.user": "the shop's record of what its staff did",
    "community.Block.blocked": "who has blocked them is not told",
    "community.Complaint.person": "who has complained about them is not told",
    "community.Dispute.resolved_by": "staff's decision about others",
    "community.FeedItem.author": "a line about what is exported itself: a post, a restock, a trade",
    "community.Follow.member": "who follows them is the followers' own",
    "community.KarmaTransfer.by": "the shop's record of what its staff did",
    "community.KarmaTransfer.member": "exported with the entries of their account, as `karma`",
    "community.Member_groups.member": "a role of staff, which they are told as `is_staff`",
    "community.Member_user_permissions.member": "a permission of staff",
    "community.ModerationAction.moderator": "staff's decision about others",
    "community.Mute.muted": "who has muted them is not told",
    "community.WaitingNotice.member": "a notice, which is exported itself, until its e-mail is written",
    "community.Source.added_by": "the shop's record of what its staff did",
    "community.SourceEvent.added_by": "the shop's record of what its staff did",
    "drops.StockAdjustment.by": "the shop's record of what its staff did",
    "pghistory.MiddlewareEvents.user": "the shop's record of what its staff did",
    "reservations.DrawEntry.member": "exported beside them, as `draw_entries`",
    "reservations.DrawMove.by": "the shop's record of what its staff did",
    "reservations.ExportColumns.member": "the columns of a list of orders, chosen as staff",
    "reservations.IdempotencyKey.member": "exported beside them, as `requests`",
    "reservations.OrderMove.by": "the shop's record of what its staff did",
    "reservations.Purchase.member": "exported beside them, as `purchases`",
    "reservations.PageVisitor.member": "who was at a page when a drop started, for a day",
    "reservations.PurchaseRequest.member": "exported beside them, as `purchase_requests`",
    "reservations.QueueDeed.by": "the shop's record of what its staff did",
    "reservations.QueuePlace.member": "exported beside them, as `queue_places`",
    "reservations.Refund.approved_by": "the shop's record of what its staff did",
    "reservations.Refund.by": "the shop's record of what its staff did",
    "reservations.RequestMove.by": "the shop's record of what its staff did",
    "reservations.Reservation.member": "exported beside them, as `reservations`",
    "reservations.SavedAddress.member": "exported beside them, as `addresses`",
    "reservations.SavedMethod.member": "exported beside them, as `payment_methods`",
    "reservations.Withdrawal.settled_by": "the shop's record of what its staff did",
    "usersessions.UserSession.user": "exported beside them, as `sessions`",
}


def keys_to_members(tables):
    """Each column of these tables that points at a member, and each list of members, as "app.Model.field"."""
    return {
        f"{table._meta.label}.{field.name}"
        for table in tables
        for field in table._meta.get_fields(include_hidden=True)
        if field.concrete and field.related_model is Member
    }


def exported():
    """The keys by which the lists of the export find their rows: those of the listed table itself."""
    found, member = set(), Member()
    for listed in (listed for subject in registry for listed in subject.exports.values()):
        rows = listed.rows(member)
        where = str(rows.query).partition(" WHERE ")[2]
        table = rows.model._meta
        found |= {
            f"{table.label}.{field.name}"
            for field in table.concrete_fields
            if field.related_model is Member and f'"{table.db_table}"."{field.column}" = ' in where
        }
    return found


def left_out(tables):
    return keys_to_members(tables) - exported()


def test_every_key_to_a_member_is_exported_or_says_why_not():
    assert left_out(installed.get_models(include_auto_created=True)) == {*NOT_IN_A_SUBJECT}


def test_a_table_that_no_room_has_registered_is_found():
    """The control: a key, one to one, and a list of members, none of which any subject exports."""

    class Parrot(models.Model):
        owner = models.ForeignKey(Member, models.CASCADE, related_name="+")
        heir = models.OneToOneField(Member, models.CASCADE, related_name="+")
        friends = models.ManyToManyField(Member, related_name="+")

        class Meta:
            abstract = True  # only its fields are read: Django need not know it as a table
            app_label = "community"

    assert left_out([Parrot]) == {"community.Parrot.owner", "community.Parrot.heir", "community.Parrot.friends"}


def test_the_shop_does_not_start_where_a_room_has_a_subject_that_is_not_registered(monkeypatch):
    start = installed.get_app_config("community").ready
    start()  # the control: with every room named, as often as one likes
    monkeypatch.setattr(apps, "SUBJECTS", [room for room in apps.SUBJECTS if room not in {"wants", "karma"}])
    with pytest.raises(ImproperlyConfigured, match="does not name karma, wants"):
        start()


@pytest.mark.django_db
def test_the_export_lists_what_the_rooms_store_in_a_lasting_order(alice):
    told = everything_about(alice)
    assert [*told] == [
        *("profile", "email_addresses", "reservations", "purchases", "purchase_requests", "withdrawals"),
        *("addresses", "payment_methods", "sessions", "shop", "community"),
    ]
    assert [*told["community"]] == [
        *("karma", "karma_account", "restocks", "votes", "pairs", "pair_pictures", "folders", "wants", "trades", "pair_moves"),
        *("trade_pairs", "shipments", "disputes", "ratings_given", "ratings_received", "posts", "post_pictures", "comments"),
        *("likes", "follows", "blocks", "mutes", "events", "attendances", "complaints", "decisions", "silenced", "notices"),
        *("emails", "email_choices", "email_times", "sightings", "accounts_elsewhere", "second_factors"),
    ]


def test_each_column_of_a_complaint_has_its_room():
    assert sorted(kind.name for kind in reportables()) == sorted(TARGETS)


def test_no_two_rooms_export_under_one_name_or_lead_from_one_cause():
    for field in ("exports", "addresses"):
        names = [name for subject in registry for name in getattr(subject, field)]
        assert len(names) == len({*names})


def test_karma_leads_to_what_caused_it():
    known = "00000000-0000-4000-8000-000000000000"
    causes = (f"restock:{known}", f"trade:{known}:late", f"pair:{known}", "trade:7", "by-hand")
    assert [address_of(cause) for cause in causes] == [f"/restocks/{known}/", f"/trades/{known}/", "", "", ""]
