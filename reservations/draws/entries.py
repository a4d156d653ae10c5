"""Entering a draw and withdrawing from it: one entry per member, per address and per card, and no money is blocked (F5)."""

import secrets
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from drops.errors import Closed, NotOpen, no_such_drop
from drops.models import Drop, Mode
from drops.sizes.labels import meant
from dropshop.core.clock import ClockTimestamp, database_time
from dropshop.core.errors import Forbidden, Invalid, NotFound
from dropshop.core.members import Member, lock_open_account
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.addresses.place_hash import place_hashes
from reservations.charges.tariff import tariff_for
from reservations.draws import open_draw
from reservations.draws.errors import AlreadyEntered, CardNotReady, GroupFull, InUse, NotADraw, StepRefused
from reservations.draws.leaves import MAX_PEOPLE, mark_of
from reservations.draws.models import Draw, DrawAward, DrawEntry, DrawGroup
from reservations.passes.requirements import missing_requirements
from reservations.payment_methods import saved, set_up
from reservations.payment_methods.errors import MethodDeclined
from reservations.payment_methods.models import SavedMethod
from reservations.payments.errors import ConfirmationRequired
from reservations.payments.tokens import token_fault
from reservations.purchases.addresses import check_address
from reservations.purchases.saved import NO_SUCH_METHOD, saved_method, with_saved

CODE_MAX_LENGTH = 16
NEW_GROUP = "new"  # in place of a group's code
NO_SUCH_GROUP = "There is no such group in this draw."
CHOOSE = "Choose at least one size, the one you want most first."
ADDRESS_TAKEN = "Somebody has entered with this address already: one entry goes to one address."
HAS_A_PAIR = "You have won, and a pair is held for you or paid: give that back, or send it back."
CARD_TAKEN = "Somebody has entered with this card already: one entry is paid with one card."


class EntryWish(NamedTuple):
    """What somebody enters with, read and checked."""

    draw: Draw
    sizes: list[int]
    address: dict[str, str]
    method: SavedMethod
    group: str


def enter(member: Member, drop: Drop, *, sizes: Any, address: Any, payment_method: Any, group: Any = "") -> DrawEntry:
    """One entry of this member. `sizes`: labels, the one that is wanted most first. `payment_method`: the id of a saved card,
    or the provider's token, which is then saved and set up for nothing. `group`: "new", or the code of friends to join.

    Raises NotFound, NotADraw, NotOpen, Closed, Forbidden with what is `missing`, Invalid by field, NotShippedThere,
    AlreadyEntered, InUse, GroupFull; MethodDeclined, ConfirmationRequired and CardNotReady of the card. Then nothing has
    changed, but that the card may be saved. Not to be called in a transaction.
    """
    wish = prepare(member, drop, sizes=sizes, address=address, payment_method=payment_method, group=group)
    return enter_with(wish, member)


def prepare(member: Member, drop: Drop, **said: Any) -> EntryWish:
    """What `enter` does before it writes anything down of the entry: it asks the card's bank, and so in no transaction."""
    draw = _open_draw(drop)
    _require(member, drop)
    return _read(draw, member, **said)


def _open_draw(drop: Drop) -> Draw:
    if not drop.published:
        raise no_such_drop()
    if drop.mode != Mode.DRAW:
        raise NotADraw
    draw = open_draw.draw_of(drop)
    _check_hours(draw, drop, database_time())
    return draw


def _check_hours(draw: Draw, drop: Drop, moment: datetime) -> None:
    if moment < drop.starts_at:
        raise NotOpen(starts_at=drop.starts_at)
    if draw.state != Draw.State.OPEN or drop.is_over_at(moment) or moment >= draw.closes_at:
        raise Closed.of(drop)


def _require(member: Member, drop: Drop) -> None:
    lacks = [lack for lack in missing_requirements(member, drop) if lack.name != "draw"]
    if lacks:
        facts = {name: fact for lack in lacks for name, fact in lack.facts.items()}
        raise Forbidden(lacks[0].words, missing=[lack.name for lack in lacks], **facts)
    if DrawEntry.objects.filter(draw__drop=drop, member=member, withdrawn_at=None).exists():
        raise AlreadyEntered


def _read(draw: Draw, member: Member, *, sizes: Any, address: Any, payment_method: Any, group: Any = "") -> EntryWish:
    drop = draw.drop
    errors: dict[str, list[str]] = {}
    wanted: list[int] = []
    lines: dict[str, str] = {}
    try:
        wanted = _sizes(drop, sizes)
    except Invalid as fault:
        errors |= fault.facts["errors"]
    try:
        lines = with_saved(check_address(address), member.pk)
    except Invalid as fault:
        errors |= fault.facts["errors"]
    if wrong := token_fault(payment_method):
        errors["payment_method"] = [wrong]
    if not isinstance(group, str) or len(group) > CODE_MAX_LENGTH:
        errors["group"] = [NO_SUCH_GROUP]
    if errors:
        raise Invalid(errors=errors)
    if "country" in lines:
        tariff_for({lines["country"]}).charges(drop.money, drop.weight, lines)
    return EntryWish(draw, wanted, lines, _ready(member, payment_method), group)


def _sizes(drop: Drop, given: Any) -> list[int]:
    """The ids of the sizes that are meant, in their order."""
    run = {size.label: size.pk for size in drop.sizes.all()}
    if not isinstance(given, list) or not given or not all(isinstance(text, str) for text in given):
        raise Invalid(errors={"sizes": [CHOOSE]})
    found = [meant(text, run) for text in given]
    wrong = [text for text, label in zip(given, found, strict=True) if label is None]
    if wrong:
        raise Invalid(errors={"sizes": [f"There is no size {wrong[0][:20]} in this drop."]})
    if len(set(found)) != len(found):
        raise Invalid(errors={"sizes": ["Name each size once."]})
    return [run[label] for label in found if label is not None]


def _ready(member: Member, payment_method: str) -> SavedMethod:
    """The member's card that can be charged later: a saved one, or one that is saved and set up now, for nothing."""
    if named := saved_method(payment_method):
        try:
            method = saved.find(named, member)
        except NotFound:
            raise Invalid(errors={"payment_method": [NO_SUCH_METHOD]}) from None
    else:
        method = saved.begin(member, payment_method)
    if method.status in SavedMethod.PENDING:
        set_up.ask(method)
        method = saved.find(method.pk, member)
    if method.status == SavedMethod.Status.DECLINED:
        raise MethodDeclined(method.note)
    if method.status == SavedMethod.Status.CONFIRMING:
        raise ConfirmationRequired("Your bank wants you to confirm this card.", confirm_url=method.confirm_url)
    if method.status != SavedMethod.Status.READY:
        raise CardNotReady
    return method


@retrying
def enter_with(wish: EntryWish, member: Member) -> DrawEntry:
    """The entry that was prepared; raises what `enter` raises of draw, member and card."""
    salt = secrets.token_hex(16)
    try:
        with transaction.atomic():
            lock_open_account(member)
            locked = _shared(wish.draw)
            _check_hours(locked, locked.drop, database_time())
            _check_alone(locked, member, wish)
            return DrawEntry.objects.create(
                draw=locked,
                member=member,
                group=_group(locked, wish.group),
                salt=salt,
                mark=mark_of(salt, str(member.pk)),
                sizes=wish.sizes,
                address=wish.address,
                method=wish.method.pk,
                instrument=instrument_of(wish.method),
            )
    except IntegrityError as error:
        raise _meant(error) from error


SHARE_DROP = "SELECT FROM {drop} WHERE id = %(id)s FOR SHARE"
SHARE = "SELECT FROM {draw} WHERE id = %(id)s FOR SHARE"


def _shared(draw: Draw) -> Draw:
    """The draw as it stands, locked against its close and against a change of its drop. Both wait for those who are entering;
    these do not wait for each other.

    So whoever enters first does so by the rules that stand from then on (F1). Raises NotADraw where the mode has changed.
    """
    rows(SHARE_DROP, id=draw.drop_id)
    drop = Drop.objects.get(pk=draw.drop_id)
    if drop.mode != Mode.DRAW:
        raise NotADraw
    rows(SHARE, id=open_draw.draw_of(drop).pk)
    return Draw.objects.select_related("drop").get(pk=draw.pk)


def _check_alone(draw: Draw, member: Member, wish: EntryWish) -> None:
    """Raises where this member, the place of the address or the card has entered. The unique indexes refuse two at once."""
    standing = DrawEntry.objects.filter(draw=draw, withdrawn_at=None)
    if standing.filter(member=member).exists():
        raise AlreadyEntered
    hashes = place_hashes(wish.address)
    if hashes and standing.filter(place_hash__in=hashes).exists():
        raise InUse(ADDRESS_TAKEN, per="address")
    instrument = instrument_of(wish.method)
    if instrument and standing.filter(instrument=instrument).exists():
        raise InUse(CARD_TAKEN, per="payment_method")


def _meant(error: IntegrityError) -> Exception:
    """The refusal that a unique index stands for."""
    diagnosis = getattr(error.__cause__, "diag", None)
    match getattr(diagnosis, "constraint_name", ""):
        case "draw_entry_one_per_member":
            return AlreadyEntered()
        case "draw_entry_one_per_address":
            return InUse(ADDRESS_TAKEN, per="address")
        case "draw_entry_one_per_card":
            return InUse(CARD_TAKEN, per="payment_method")
    return error


def instrument_of(method: SavedMethod) -> str:
    """What two members' saved cards have in common where they are one card; "" where the provider does not tell."""
    if not method.fingerprint:
        return ""
    return salted_hmac("dropshop.draws.instrument", f"{method.provider} {method.fingerprint}", algorithm="sha256").hexdigest()


def _group(draw: Draw, said: str) -> DrawGroup | None:
    if not said:
        return None
    if said == NEW_GROUP:
        return DrawGroup.objects.create(draw=draw, code=secrets.token_hex(4))
    group = DrawGroup.objects.select_for_update(no_key=True).filter(draw=draw, code=said).first()
    if group is None:
        raise Invalid(errors={"group": [NO_SUCH_GROUP]})
    if DrawEntry.objects.filter(group=group, withdrawn_at=None).count() >= MAX_PEOPLE:
        raise GroupFull(limit=MAX_PEOPLE)
    return group


def entry_of(member: Member, drop: Drop) -> DrawEntry | None:
    """The member's entry: the one that stands, else the one that they withdrew last; None where they never entered."""
    mine = DrawEntry.objects.filter(member=member, draw__drop=drop).select_related("draw__drop", "group", "won")
    return mine.order_by(F("withdrawn_at").desc(nulls_first=True)).first()


@retrying
def withdraw(member: Member, drop: Drop) -> None:
    """The member's entry stands no more; twice changes nothing. From close on its leaf stays in the list, struck through, and
    where it wins the pair goes to the next. Raises NotFound for who has not entered, and StepRefused once a pair is held for
    them: it is being paid for."""
    mine = entry_of(member, drop)
    if mine is None:
        raise NotFound("You have not entered this draw.")
    with transaction.atomic():
        DrawEntry.objects.select_for_update(no_key=True).get(pk=mine.pk)  # as `awards.hold` does
        if DrawAward.objects.filter(entry=mine, state__in=[DrawAward.State.HELD, DrawAward.State.PAID]).exists():
            raise StepRefused(HAS_A_PAIR)
        DrawEntry.objects.filter(pk=mine.pk, withdrawn_at=None).update(withdrawn_at=ClockTimestamp())


def forget_old(before: datetime) -> int:
    """Forgets where the pairs of draws that were over before this moment were to go, and by which card; how many entries.

    Marks and salts stay: by them members find their entries.
    """
    over = Q(draw__drawn_at__lt=before) | Q(draw__state=Draw.State.CALLED_OFF, draw__closes_at__lt=before)
    kept = DrawEntry.objects.filter(over).exclude(address__isnull=True, method__isnull=True)
    going = kept.filter(award__state__in=[DrawAward.State.DUE, DrawAward.State.HELD])
    return kept.exclude(pk__in=going.values("pk")).update(address=None, place_hash="", method=None, instrument="")


def forget(member: Member) -> None:
    """The member has left: their entries are withdrawn, and nothing is kept by which anybody could tell whose they were."""
    mine = DrawEntry.objects.filter(member=member)
    mine.filter(withdrawn_at=None).update(withdrawn_at=ClockTimestamp())
    mine.update(salt="", address=None, place_hash="", method=None, instrument="")
