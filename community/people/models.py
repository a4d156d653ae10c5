"""Members. `Member` is the user model; the other apps know it only as `settings.AUTH_USER_MODEL`."""

import uuid
from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.functional import cached_property

from community.people.languages import LANGUAGES
from community.people.mailbox_field import MailboxKeyField
from community.people.names import NameKeyField, validate_name
from community.stores.models import Store
from drops.models import Sneaker


def picture_name(member: "Member", given: str) -> str:
    """A random name, as everywhere."""
    return f"members/{uuid.uuid4().hex}.webp"


class Member(AbstractUser):
    """A person with an account: shopper, reporter, trader, and, with `is_staff`, one of us."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[AbstractUser.username_validator, validate_name],
        error_messages={"unique": "A member with that username already exists."},
        help_text="Letters, digits and . + - _; nothing that looks like another member's name.",
    )
    name_key = NameKeyField(max_length=600, editable=False, null=True)
    email = models.EmailField("email address", blank=True)
    mailbox_key = MailboxKeyField(max_length=300, editable=False, null=True)
    shows_name = models.BooleanField(
        "show my name when I buy",
        default=False,
        help_text="Others see your username in a drop's ticker of buyers; otherwise they see “someone”.",
    )

    # What the member shows of themselves: all of it is hidden together with the bio.
    display_name = models.CharField("display name", max_length=60, blank=True, default="", db_default="")
    picture = models.ImageField(upload_to=picture_name, max_length=100, blank=True, default="", db_default="")
    # What the member prefers; "" leaves it to their device.
    time_zone = models.CharField("time zone", max_length=64, blank=True, default="", db_default="")
    language = models.CharField(max_length=10, blank=True, default="", db_default="", choices=LANGUAGES)

    bio = models.CharField("about me", max_length=300, blank=True)
    bio_hidden = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="A moderator has hidden it; only its author reads it."
    )
    geohash = models.CharField(
        "my area", max_length=5, blank=True, help_text="A coarse geohash the member chose to share: three letters are a region."
    )
    silenced_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then the member can read, trade and buy, but cannot write anything others see."
    )

    class Meta(AbstractUser.Meta):
        verbose_name = "member"
        verbose_name_plural = "members"
        constraints = (
            models.UniqueConstraint(
                Lower("username"),
                name="member_username_once",
                violation_error_message="A member with that username already exists.",
            ),
            models.UniqueConstraint(
                fields=("name_key",),
                name="member_name_looks_like_no_other",
                violation_error_message="A member with a name that looks like it already exists.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="member_email_once",
                condition=~models.Q(email=""),
                violation_error_message="A member with that e-mail address already exists.",
            ),
            models.UniqueConstraint(
                fields=("mailbox_key",),
                name="member_email_is_one_mailbox",
                violation_error_message="A member with that e-mail address already exists.",
            ),
            # Pages read the area of a member who has one: it must be one.
            models.CheckConstraint(
                condition=models.Q(geohash__regex=r"^([0-9b-hjkmnp-z]{3,5})?$"),
                name="member_area_is_coarse",
                violation_error_message="An area is a geohash of three to five letters.",
            ),
        )
        # A ranking of buyers names only the few who opted in: they are looked for, and not everybody who bought.
        indexes = (models.Index(fields=("id",), name="member_shows_name", condition=models.Q(shows_name=True)),)
        permissions = (("deactivate_member", "Can deactivate a member, and let one in again"),)

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """An address is never written without the key of its mailbox."""
        if update_fields is not None and "email" in update_fields:
            update_fields = {*update_fields, "mailbox_key"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def shown_bio(self) -> str:
        """What others read about the member in their own words: nothing where a moderator has hidden it."""
        return "" if self.bio_hidden else self.bio

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Whether this is staff who may do nothing of what staff do until they have set up a second factor."""
        if not (self.is_staff and settings.STAFF_SECOND_FACTOR):
            return False
        return not Authenticator.objects.filter(user=self).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django has it, and none for staff who lack their second factor."""
        return super().has_perm(perm, obj) and not self.lacks_second_factor

    def has_module_perms(self, app_label: str) -> bool:
        """As Django has it, and none for staff who lack their second factor."""
        return super().has_module_perms(app_label) and not self.lacks_second_factor

    @property
    def shown_name(self) -> str:
        """The name at the head of the member's page: the one they chose, unless a moderator hid it, else the username."""
        return (not self.bio_hidden and self.display_name) or self.username

    @property
    def shown_picture(self) -> str:
        """The address of the member's picture; "" where a face is drawn from the name."""
        return self.picture.url if self.picture and not self.bio_hidden else ""

    @property
    def public_name(self) -> str:
        """What strangers may read (L5): the username of those who opted in, else "someone"."""
        return self.username if self.shows_name else "someone"


class Follow(models.Model):
    """A member follows a member, a store, or a sneaker (in one size, or in all)."""

    follower = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="followers")
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="followers", db_index=False)
    sneaker = models.ForeignKey(Sneaker, null=True, on_delete=models.CASCADE, related_name="followers", db_index=False)
    size = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("follower", "member", "store", "sneaker", "size"), name="follow_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, store=None, sneaker=None, size="")
                | Q(member=None, store__isnull=False, sneaker=None, size="")
                | Q(member=None, store=None, sneaker__isnull=False),
                name="follow_names_one_thing",
            ),
            models.CheckConstraint(condition=~Q(follower=F("member")), name="follow_is_of_another"),
        )
        # Who follows is told in batches, by their ids.
        indexes = (
            models.Index(fields=("store", "follower"), condition=Q(store__isnull=False), name="follow_of_store"),
            models.Index(fields=("sneaker", "follower"), condition=Q(sneaker__isnull=False), name="follow_of_sneaker"),
        )

    def __str__(self) -> str:
        return f"{self.follower} follows {self.member or self.store or self.sneaker}"


class Block(models.Model):
    """The two no longer see, mention or trade with each other."""

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("blocker", "blocked"), name="block_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="block_is_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.blocker} blocks {self.blocked}"


class Mute(models.Model):
    """The muter no longer sees what the other writes; the other does not notice."""

    muter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mutes", db_index=False)
    muted = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("muter", "muted"), name="mute_once"),
            models.CheckConstraint(condition=~Q(muter=F("muted")), name="mute_is_of_another"),
        )

    def __str__(self) -> str:
        return f"{self.muter} mutes {self.muted}"
