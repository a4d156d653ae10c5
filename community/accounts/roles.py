"""What staff of each role may do. The roles are groups; every `migrate` makes them exactly this.

For anything else make a group of another name: those are left alone. Who has which role is a superuser's to say.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.db.models import Q

ROLES: dict[str, tuple[str, ...]] = {
    "catalogue editor": (
        "drops.view_sneaker",
        "drops.add_sneaker",
        "drops.change_sneaker",
        "drops.view_sneakerpicture",
        "drops.add_sneakerpicture",
        "drops.change_sneakerpicture",
        "drops.delete_sneakerpicture",
        "drops.view_drop",
        "drops.view_size",
    ),
    "drop manager": (
        "drops.view_sneaker",
        "drops.view_sneakerpicture",
        "drops.view_drop",
        "drops.add_drop",
        "drops.change_drop",
        "drops.delete_drop",
        "drops.view_size",
        "drops.add_size",
        "drops.delete_size",
        "drops.publish_drop",
        "drops.end_drop",
        "drops.call_off_drop",
        "drops.adjust_stock",
        "drops.view_stockadjustment",
        "reservations.view_dropqueue",
        "reservations.run_queue",
        "reservations.view_draw",
        "reservations.view_drawmove",
        "reservations.throw_dice",
        "reservations.view_reservation",
        "reservations.view_purchase",
        "reservations.view_pickupplace",
        "reservations.add_pickupplace",
        "reservations.change_pickupplace",
    ),
    "support": (
        "drops.view_sneaker",
        "drops.view_drop",
        "drops.view_size",
        "reservations.view_reservation",
        "reservations.view_purchase",
        "reservations.view_address",
        "reservations.view_payment",
        "reservations.view_providerevent",
        "reservations.view_refund",
        "reservations.view_chargeback",
        "outbox.view_email",
        "outbox.send_again",
        "outbox.view_suppressedaddress",
        "outbox.lift_suppression",
        "community.view_member",
        "community.deactivate_member",
        "community.view_trade",
        "community.view_dispute",
        "community.resolve_dispute",
        "reservations.view_withdrawal",
        "reservations.view_purchaserequest",
        "reservations.fail_purchaserequest",
        "reservations.handle_withdrawal",
    ),
    "shipping clerk": (
        "drops.view_drop",
        "drops.view_size",
        "reservations.view_purchase",
        "reservations.view_address",
        "reservations.ship",
        "reservations.view_withdrawal",
    ),
    "refund clerk": (
        "drops.view_drop",
        "drops.view_size",
        "reservations.view_purchase",
        "reservations.view_payment",
        "reservations.view_refund",
        "reservations.view_chargeback",
        "reservations.refund",
        "reservations.view_withdrawal",
        "reservations.handle_withdrawal",
    ),
    "accountant": (
        "reservations.view_purchase",
        "reservations.view_refund",
        "reservations.view_chargeback",
        "reservations.view_payment",
        "reservations.view_providerevent",
        "reservations.view_ledgertransfer",
        "reservations.view_ledgerentry",
        *(f"reservations.{do}_{rate}" for do in ("view", "add", "change", "delete") for rate in ("shippingrate", "taxrate")),
    ),
    "moderator": (
        "community.moderate",
        "community.view_complaint",
        "community.view_moderationaction",
        "community.view_feeditem",
        "community.view_comment",
        "community.view_restock",
        "community.view_store",
        "community.add_store",
        "community.change_store",
        "community.view_pair",
        "community.view_event",
        "community.view_member",
        "community.move_karma",
        "community.view_karmaaccount",
        "community.view_karmatransfer",
        "community.view_karmaentry",
        "community.view_karmarule",
        "community.view_karmalevel",
    ),
    "community manager": (
        "community.view_karmaaccount",
        "community.view_karmatransfer",
        "community.view_karmaentry",
        "community.view_karmarule",
        "community.change_karmarule",
        "community.view_karmalevel",
        "community.add_karmalevel",
        "community.change_karmalevel",
        "community.delete_karmalevel",
    ),
    "store keeper": (
        "drops.view_sneaker",
        "community.view_store",
        "community.add_store",
        "community.change_store",
        "community.view_source",
        "community.add_source",
        "community.change_source",
        "community.view_pricepoint",
        "community.change_pricepoint",
        "community.view_restock",
    ),
}
APPS = ("outbox", "drops", "reservations", "community")


def make_roles(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """After a migration: every role's group with its permissions, whatever they were before.

    Django makes permissions app by app in the same signal, perhaps after us; so they are made first.
    """
    if sender.label != "community" or "auth" not in kwargs.get("apps", apps).all_models:
        return
    from django.contrib.auth.models import Group, Permission

    for app in APPS:
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)
    for role, names in ROLES.items():
        pairs = (name.split(".") for name in names)
        wanted = [Q(content_type__app_label=app, codename=codename) for app, codename in pairs]
        group, _ = Group.objects.using(using).get_or_create(name=role)
        group.permissions.set(Permission.objects.using(using).filter(Q(*wanted, _connector=Q.OR)))
