"""Members for support staff, and, for superusers, staff roles."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from community.accounts import deactivation
from community.karma import ledger
from community.karma.admin import ByHandForm
from community.people.models import Member
from dropshop.core.admin.actions import ObjectAction, ObjectActionsAdmin, staff_of

# A superuser's to give, and nothing else of a member is written here: names and addresses are the member's own, passwords
# are set by e-mail.
GIVEN = ("is_staff", "is_superuser", "groups")


@admin.register(Member)
class MemberAdmin(ObjectActionsAdmin):
    """Search, look, deactivate. Accounts are made by signing up; nobody sees or sets a password."""

    object_actions = ("deactivate", "reactivate", "give_karma", "take_karma")
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("username", "email", "=id")
    search_help_text = "Name, e-mail, or number"
    date_hierarchy = "date_joined"
    ordering = ("-date_joined",)
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    show_full_result_count = False
    actions = None
    fieldsets = (
        (None, {"fields": ("username", "email", "shows_name", "is_active", "date_joined", "last_login")}),
        ("Staff", {"fields": GIVEN}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """Only superusers decide who is staff, whatever permissions somebody was given."""
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> tuple[str, ...]:
        return ("username", "email", "shows_name", "is_active", "date_joined", "last_login")

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        return self.fieldsets if self.has_change_permission(request, obj) else self.fieldsets[:1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Without the passwords' hashes."""
        return super().get_queryset(request).defer("password")

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        """Writes what was given or taken, and nothing else."""
        given = [name for name in form.changed_data if name in {"is_staff", "is_superuser"}]
        if given:
            obj.save(update_fields=given)

    def deactivate_action(self, request: HttpRequest, member: Member) -> ObjectAction:
        """Deactivates the member."""
        return ObjectAction(
            label="Deactivate",
            permission="community.deactivate_member",
            possible=member.is_active and deactivation.may_decide_about(member, by=staff_of(request)),
            question=f"Deactivate {member.username}?",
            facts=(
                "They are signed out everywhere within seconds and cannot sign in.",
                "A pair they hold returns by itself when its time is over.",
                "Orders they have paid stay as they are.",
            ),
            do=lambda: deactivation.deactivate(member, by=staff_of(request)),
            done=f"{member.username} is deactivated.",
        )

    def reactivate_action(self, request: HttpRequest, member: Member) -> ObjectAction:
        """Reactivates the member."""
        return ObjectAction(
            label="Let in again",
            permission="community.deactivate_member",
            possible=not member.is_active and deactivation.may_decide_about(member, by=staff_of(request)),
            question=f"Let {member.username} in again?",
            facts=("They can sign in with the password they had.",),
            do=lambda: deactivation.reactivate(member, by=staff_of(request)),
            done=f"{member.username} may sign in again.",
        )

    def give_karma_action(self, request: HttpRequest, member: Member) -> ObjectAction:
        """Points by hand, with a reason."""
        return ObjectAction(
            label="Give karma",
            permission="community.move_karma",
            possible=member.pk != request.user.pk,
            question=f"Give karma to {member.username}?",
            facts=(
                f"They have {ledger.balance_of(member)}.",
                "They read it in their ledger, with your reason and without your name.",
                "Points they owe are deducted first.",
            ),
            form=ByHandForm,
            do=lambda **given: ledger.give(member, by=staff_of(request), **given),
            done=f"{member.username} was given karma.",
        )

    def take_karma_action(self, request: HttpRequest, member: Member) -> ObjectAction:
        """Points taken by hand, with a reason."""
        return ObjectAction(
            label="Take karma",
            permission="community.move_karma",
            possible=member.pk != request.user.pk,
            question=f"Take karma from {member.username}?",
            facts=(
                f"They have {ledger.balance_of(member)}; you cannot take more.",
                "They read it in their ledger, with your reason and without your name.",
                "They can lose what their level unlocked.",
            ),
            form=ByHandForm,
            do=lambda **given: ledger.take(member, by=staff_of(request), **given),
            done=f"Karma was taken from {member.username}.",
        )


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Roles. Those of `community.accounts.roles` are made anew by every migrate; others are the superuser's own."""

    list_per_page = 50
    filter_horizontal = ()
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    actions = None
