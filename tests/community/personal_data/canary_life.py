"""A member who has left a word that nobody else uses in every column that can hold words of or about a member."""

from contextlib import suppress

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.test import Client

from community.karma import ledger
from community.models import (
    Comment,
    Dispute,
    FeedItem,
    Folder,
    Member,
    ModerationAction,
    Notice,
    PairPicture,
    PostPicture,
    Rating,
    Restock,
    Shipment,
)
from community.moderation.complaints import file_complaint
from community.trades.disputes import open_dispute, uphold
from community.trades.offers import accept, offer
from drops import schedule
from dropshop.core.clock import database_time
from dropshop.core.outbox import write
from dropshop.core.outbox.models import SuppressedAddress
from reservations.draws.entries import enter
from reservations.models import Purchase, SavedAddress, SavedMethod
from reservations.orders import moves, recipients
from reservations.payments.errors import PaymentDeclined
from reservations.purchases.buy import buy
from reservations.refunds import refund, send
from reservations.requests.ending import end as end_request
from reservations.withdrawals.withdraw import withdraw
from tests.make import (
    PASSWORD,
    make_drop,
    make_event,
    make_open_pair,
    make_post,
    make_request,
    make_reservation,
    make_restock,
)

CANARY = "canary4711"
MAIL = f"{CANARY}@example.com"
LINES = {"name": CANARY, "street": f"1 {CANARY} St", "city": CANARY, "state": "OR", "zip_code": "97201", "country": "US"}
IDEMPOTENT = {"Idempotency-Key": f"{CANARY}-1"}


def live(*, staff: Member, bob: Member) -> Member:
    """The member, with a trace in every column of `columns_with_words` that concerns members."""
    member = _sign_up()
    _shop(member, staff)
    _trade(member, bob, staff)
    _write(member, bob)
    _are_judged(member, bob, staff)
    recipients.store_words()
    return member


def _sign_up() -> Member:
    form = {"username": CANARY, "email": MAIL, "password": PASSWORD}
    api = Client(headers={"User-Agent": f"Mozilla ({CANARY})"})
    made = api.post("/api/v1/users/register", form, "application/json", headers=IDEMPOTENT)
    assert made.status_code == 201, made.content
    member = Member.objects.get(username=CANARY)
    browser = Client(headers={"User-Agent": f"Mozilla ({CANARY})"})
    signed_in = browser.post("/accounts/login/", {"login": CANARY, "password": PASSWORD})
    assert signed_in.status_code == 302, signed_in.content
    browser.post("/accounts/password/reset/", {"email": MAIL})
    Authenticator.objects.create(user=member, type="totp", data={"secret": CANARY})
    SocialAccount.objects.create(user=member, provider="google", uid="1", extra_data={"name": CANARY})
    EmailAddress.objects.create(user=member, email=f"second-{MAIL}")
    for address in (MAIL, f"second-{MAIL}"):
        SuppressedAddress.objects.create(address=address, reason="bounced", detail=f"<{address}> is unknown")
    SavedAddress.objects.create(member=member, lines=LINES)
    words = dict.fromkeys(("brand", "confirm_url", "entered", "note"), CANARY)
    SavedMethod.objects.create(member=member, provider="test bank", retry_at=database_time(), **words)
    member.picture.save(f"{CANARY}.png", ContentFile(b"a picture"))
    Member.objects.filter(pk=member.pk).update(**dict.fromkeys(("first_name", "last_name", "display_name", "bio"), CANARY))
    return Member.objects.get(pk=member.pk)


def _shop(member: Member, staff: Member) -> None:
    drop = make_drop(9, limit_per_member=9)
    for _ in range(2):
        hold = make_reservation(member, drop)
        order = buy(hold.pk, member=member, address=LINES, payment_method="test_ok").purchase
    draw = schedule.publish(make_drop(1, mode="draw", published=False))
    enter(member, draw, sizes=["One size"], address=LINES, payment_method="test_ok")
    refund.ask(order.pk, order.money, by=staff, reason=f"{CANARY} rang")
    send.sweep()
    with transaction.atomic():
        moves.move(moves.lock_orders([order.pk])[order.pk], Purchase.Status.PACKED, by=staff, note=f"for {CANARY}")
    withdraw(order.pk, name=CANARY, email=MAIL, by=member)
    write.write_to_member(member.pk, "refund", "refund:1", number=CANARY)
    hold = make_reservation(member, drop)
    with suppress(PaymentDeclined):
        buy(hold.pk, member=member, address=LINES, payment_method="test_declined")
    request = make_request(member, make_drop(1, starts_in=600), address=LINES)
    end_request(request.pk, by=staff, reason=f"{CANARY} rang")
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(Member),
        object_id=str(member.pk),
        object_repr=str(member),
        action_flag=CHANGE,
        change_message="[]",
    )


def _trade(member: Member, bob: Member, staff: Member) -> None:
    folder = Folder.objects.create(member=member, name=CANARY)
    mine, theirs = make_open_pair(member, notes=CANARY, folder=folder), make_open_pair(bob)
    PairPicture.objects.create(pair=mine, image="pairs/1.png", alt=CANARY)
    trade = offer(member, gives=[mine.pk], wants=[theirs.pk], message=CANARY).trade
    accept(trade.pk, by=bob)
    Shipment.objects.filter(trade=trade, sender=member).update(carrier=CANARY, tracking=CANARY)
    open_dispute(trade.pk, by=member, reason=CANARY)
    uphold(Dispute.objects.get(trade=trade).pk, by=staff, note=f"{CANARY} is right")
    Rating.objects.create(trade=trade, rater=member, rated=bob, stars=5, text=CANARY)


def _write(member: Member, bob: Member) -> None:
    item = make_post(member, CANARY)
    PostPicture.objects.create(post=item.post, image="posts/1.png", alt=CANARY)
    Comment.objects.create(item=make_post(bob, f"Thanks, @{CANARY}"), author=member, text=CANARY)
    make_event(member, title=CANARY, venue=CANARY, city=CANARY, text=CANARY)
    make_restock(member, note=CANARY)
    Restock.objects.filter(reporter=member).update(link=f"https://example.com/{CANARY}")
    Notice.objects.create(member=member, kind="test", cause="1", text=CANARY, url=f"/members/{CANARY}/")
    file_complaint(member, make_post(bob), "spam", CANARY)
    ledger.award(member, "restock-confirmed", source="restock:1", note=CANARY)


def _are_judged(member: Member, bob: Member, staff: Member) -> None:
    about = FeedItem.objects.get(author=member, kind="post")
    complaint = file_complaint(bob, about, "spam", f"{CANARY} again")
    ModerationAction.objects.create(moderator=staff, action="hidden", item=about, complaint=complaint, reason=CANARY)


def columns_with_words() -> set[str]:
    """Every column of every table in which a member's words could stand."""
    kinds = (models.CharField, models.TextField, models.JSONField, ArrayField, models.FileField)
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        for field in model._meta.concrete_fields
        if isinstance(field, kinds) and not field.choices
    }


def columns_with_canary() -> set[str]:
    """The columns in which the word stands now; what is encrypted is opened first."""
    found = set()
    for column in columns_with_words():
        label, _, name = column.rpartition(".")
        values = apps.get_model(label)._default_manager.values_list(name, flat=True)
        if any(CANARY in str(value).lower() for value in values.iterator()):
            found.add(column)
    return found
