"""What a member still stores, in another window, while their account is erased: it is refused, or it would stay for ever."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import RequestFactory
from django.urls import resolve, reverse

from community.accounts import adapter, linked_accounts, open_accounts, providers, tokens
from community.events import hosting
from community.feed import comments, likes, posts
from community.models import (
    Block,
    Comment,
    Complaint,
    Dispute,
    Event,
    Follow,
    Member,
    Mute,
    Post,
    RestockVote,
    Shipment,
    Sighting,
)
from community.moderation import complaints
from community.notice_emails import choices
from community.notice_emails.models import EmailTimes
from community.people import areas, follows, profile, relations
from community.personal_data import erasure
from community.places.fields import Place
from community.restocks import votes
from community.trades import disputes, offers, shipping
from dropshop.core.clock import database_time
from dropshop.core.errors import DropshopError
from dropshop.machine.processes import wait_until
from reservations.addresses import saved as addresses
from reservations.models import SavedAddress, SavedMethod
from reservations.payment_methods import saved as payment_methods
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_event, make_member, make_post, make_restock, make_trade
from tests.races.crowd import lock_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def request_of(member):
    return RequestFactory(REMOTE_ADDR="203.0.113.7").post("/")


class Saves:
    """The part of allauth's page that stores a second factor."""

    def form_valid(self, form):
        return Authenticator.objects.create(user=self.request.user, type="totp", data={})


class Page(open_accounts.OpenAccountForm, Saves):
    def __init__(self, member):
        self.request = SimpleNamespace(user=member)


def link_account(member):
    providers.connect(SocialLogin(account=SocialAccount(provider="elsewhere", uid="7")), None, member)


def saves_login(login, request, user):
    login.user = user
    login.save(request, connect=True)


def find_account(member):
    """The provider's word on an account that was linked long ago."""
    providers.lookup(SocialLogin(account=SocialAccount(provider="elsewhere", uid="1", extra_data={"name": "Ann"})))


def confirm(member):
    address = EmailAddress.objects.get(user=member)
    adapter.AccountAdapter().confirm_email(None, address)


def host(member):
    now = database_time()
    hours = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=2, hours=2)}
    hosting.host(member, title="Lacing", venue="Hall", city="Berlin", place=Place(52.52, 13.4), **hours)


# What is stored: the module that looks at the account, how, and the rows that would stay.
KEPT = {
    "address": (addresses, lambda member, there: addresses.add(member, ADDRESS), SavedAddress.objects),
    "card": (payment_methods, lambda member, there: payment_methods.begin(member, "test_ok"), SavedMethod.objects),
    "e-mails": (choices, lambda member, there: choices.change(member, digest_hour=7), EmailTimes.objects),
    "profile": (profile, lambda member, there: profile.store(member, bio="Runs."), Member.objects.exclude(bio="")),
    "area": (
        profile,
        lambda member, there: areas.share(member, place="Berlin"),
        Member.objects.exclude(geohash="").exclude(username="bob"),
    ),
    "second factor": (open_accounts, lambda member, there: Page(member).form_valid(None), Authenticator.objects),
    "account elsewhere": (providers, lambda member, there: link_account(member), SocialAccount.objects),
    "program": (tokens, lambda member, there: tokens.issue(member, request=request_of(member)), UserSession.objects),
    "browser": (adapter, lambda member, there: adapter.AccountAdapter().login(request_of(member), member), UserSession.objects),
    "confirmed address": (adapter, lambda member, there: confirm(member), EmailAddress.objects),
    "password": (
        adapter,
        lambda member, there: adapter.AccountAdapter().set_password(member, "new password"),
        Member.objects.exclude(password__startswith="!").filter(username__startswith="erased-"),
    ),
    "device": (linked_accounts, lambda member, there: linked_accounts.note(request_of(member), member), Sighting.objects),
    "post": (relations, lambda member, there: posts.write(member, text="Hi."), Post.objects.filter(text="Hi.")),
    "comment": (relations, lambda member, there: comments.comment(there.post.pk, author=member, text="Hi."), Comment.objects),
    "like": (likes, lambda member, there: likes.like(there.post.pk, member=member), likes.Like.objects),
    "block": (relations, lambda member, there: relations.block(member, there.bob), Block.objects),
    "mute": (relations, lambda member, there: relations.mute(member, there.bob), Mute.objects),
    "follow": (follows, lambda member, there: follows.follow(member, member=there.bob), Follow.objects),
    "complaint": (
        complaints,
        lambda member, there: complaints.file_complaint(member, there.post, "spam", "Hi."),
        Complaint.objects,
    ),
    "event": (relations, lambda member, there: host(member), Event.objects.filter(title="Lacing")),
    "answer": (hosting, lambda member, there: hosting.answer(there.event.pk, member, going=True), hosting.Attendance.objects),
    "vote": (relations, lambda member, there: votes.confirm(there.restock.pk, member=member), RestockVote.objects),
    "dispute": (
        disputes,
        lambda member, there: disputes.open_dispute(there.trade.pk, by=member, reason="Hi."),
        Dispute.objects.filter(reason="Hi."),
    ),
    "parcel": (
        shipping,
        lambda member, there: shipping.mark_sent(there.trade.pk, by=member, tracking="A1"),
        Shipment.objects.filter(tracking="A1"),
    ),
}


def keeps_session(_, request, user):
    UserSession.objects.create(user=user, ip="203.0.113.7", session_key="k")


@pytest.fixture
def there(monkeypatch):
    """What others have, and what allauth does, as far as it is stored."""
    monkeypatch.setattr(providers, "_connect", saves_login)
    monkeypatch.setattr(DefaultAccountAdapter, "confirm_email", lambda self, request, address: address.save() or True)
    monkeypatch.setattr(DefaultAccountAdapter, "login", keeps_session)
    bob = make_member("bob")
    areas.share(bob, place="Berlin")  # the list of places is read before the race
    return SimpleNamespace(bob=bob, post=make_post(bob), event=make_event(bob), restock=make_restock(bob), trade=None)


def leave_meanwhile(monkeypatch, leaves, store):
    """The member is erased; just before that commits, they `store` in another window. What they hear: "" or a refusal."""
    note, answers = erasure.erased.note, []

    def save():
        try:
            store(Member.objects.get(pk=leaves.pk))
            answers.append("")
        except DropshopError as refusal:
            answers.append(refusal.code)
        connection.close()

    other = threading.Thread(target=save)

    def noted(*facts):
        other.start()
        assert wait_until(lambda: not other.is_alive() or lock_queue() > 0, PATIENCE, every=0.01)
        note(*facts)

    monkeypatch.setattr(erasure.erased, "note", noted)
    erasure.erase(leaves)
    other.join(PATIENCE)
    return answers


@pytest.mark.parametrize("looks", [True, False], ids=["with the lock", "control"])
@pytest.mark.parametrize("kept", KEPT)
def test_nothing_is_kept_for_a_member_who_has_just_left(monkeypatch, there, kept, looks):
    """Without the look at the account (the control) it stays for ever."""
    leaves, (module, store, rows) = make_member("leaving"), KEPT[kept]
    EmailAddress.objects.get_or_create(user=leaves, defaults={"email": leaves.email})
    if kept in {"dispute", "parcel"}:
        there.trade = make_trade(leaves, there.bob)
        offers.accept(there.trade.pk, by=there.bob)
    if not looks:
        monkeypatch.setattr(module, "lock_open_account", lambda member, *others: member)
    rows = rows.exclude(user=there.bob) if rows is EmailAddress.objects else rows.all()
    answers = leave_meanwhile(monkeypatch, leaves, lambda member: store(member, there))
    assert (answers, rows.count()) == ((["not_authenticated"], 0) if looks else ([""], 1))


@pytest.mark.parametrize(
    "act",
    [relations.block, relations.mute, lambda one, other: follows.follow(one, member=other)],
    ids=["block", "mute", "follow"],
)
def test_nobody_blocks_mutes_or_follows_a_member_who_has_just_left(monkeypatch, there, act):
    leaves = make_member("leaving")
    answers = leave_meanwhile(monkeypatch, leaves, lambda member: act(there.bob, member))
    assert (answers, Block.objects.count() + Mute.objects.count() + Follow.objects.count()) == (["not_found"], 0)


@pytest.mark.parametrize("locks", [True, False], ids=["with the lock", "control"])
def test_an_account_elsewhere_that_is_found_by_a_sign_in_does_not_come_back(monkeypatch, there, locks):
    """allauth reads its row and stores it; erased in between (the control) the row is there again."""
    leaves = make_member("leaving")
    SocialAccount.objects.create(user=leaves, provider="elsewhere", uid="1")
    find, erased = SocialAccount.save, threading.Thread(target=lambda: (erasure.erase(leaves), connection.close()))

    def saves_late(account, *facts, **more):
        erased.start()
        assert wait_until(lambda: not erased.is_alive() or lock_queue() > 0, PATIENCE, every=0.01)
        find(account, *facts, **more)

    monkeypatch.setattr(SocialAccount, "save", saves_late)
    (
        find_account
        if locks
        else lambda member: providers._lookup(SocialLogin(account=SocialAccount(provider="elsewhere", uid="1")))
    )(leaves)
    erased.join(PATIENCE)
    assert SocialAccount.objects.count() == (0 if locks else 1)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("mfa_activate_totp", ()),
        ("mfa_generate_recovery_codes", ()),
        ("mfa_add_webauthn", ()),
        ("mfa_edit_webauthn", (1,)),
        ("account_email", ()),
    ],
)
def test_the_pages_that_store_a_way_to_sign_in_look_at_the_account(name, facts):
    page = resolve(reverse(name, args=facts)).func.view_class
    assert issubclass(page, open_accounts.OpenAccountForm)
    assert (SocialLogin.connect, SocialLogin.lookup) == (providers.connect, providers.lookup)
