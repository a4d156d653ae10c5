from importlib import import_module
from pathlib import Path

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

# The rooms that have a `subject.py`, in the order in which the export lists what they hold.
SUBJECTS = (
    *("karma", "restocks", "closet", "wants", "trades", "feed"),
    *("people", "events", "moderation", "notifications", "notice_emails", "accounts"),
)


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        """Roles and the table of karma exist wherever the tables do; and the hooks of the rooms below are filled: the socket,
        which imports no app, hears of the feed, whoever gives passes hears of karma, and so on."""
        from community.accounts import second_factor_keys
        from community.accounts.roles import make_roles
        from community.closet import bought
        from community.closet import hooks as closet
        from community.feed import kinds
        from community.feed import live as feed_live
        from community.karma import drop_requirement, established
        from community.karma.starting_rules import create_defaults
        from community.notifications import notices, telling
        from community.people import relations
        from community.restocks import accuracy
        from community.restocks import hooks as restocks
        from community.restocks import news as restock_news
        from community.restocks.feed_kind import RESTOCK
        from community.retention import RULES
        from community.trades import agreed, offers
        from community.trades.feed_kind import TRADE
        from community.wants import matching
        from dropshop.core.hooks import after_migrate
        from dropshop.core.live import feed_source
        from dropshop.core.retention import rules
        from dropshop.core.rotation import own_forms
        from reservations.orders.moves import moved
        from reservations.passes import requirements
        from reservations.payments import news as payment_news

        payment_news.write_down.fill(notices.write_down)
        payment_news.write_down_each.fill(notices.notify_each)
        requirements.registry.add("karma", drop_requirement.missing_karma)
        feed_source.newest.fill(feed_live.newest)
        feed_source.hidden_authors.fill(relations.hidden_authors)
        moved.add("closet", bought.leave_with_its_order)
        closet.pairs_changed.fill(offers.end_offers_with)
        closet.pairs_offered.fill(matching.notice_matches_of_pairs)
        closet.unused_photographs.fill(agreed.unused)
        established.often_wrong.fill(accuracy.often_wrong)
        restocks.reported.fill(matching.notice_matches_of_restock)
        for name, kind in (("drop", kinds.DROP), ("post", kinds.POST), ("restock", RESTOCK), ("trade", TRADE)):
            kinds.registry.add(name, kind)
        telling.audiences.add("reported", restock_news.audience)
        telling.audiences.add("confirmed", restock_news.audience)
        telling.audiences.add("wanted", matching.audience)
        own_forms.add("second factors", second_factor_keys.FORM)
        self._add_settings()
        self._add_notice_emails()
        self._add_subjects()
        for rule_name, rule in RULES.items():
            rules.add(rule_name, rule)
        after_migrate.add("roles", make_roles)
        after_migrate.add("karma", create_defaults, rank=1)

    def _add_settings(self) -> None:
        """What these rooms show on the page of a member's settings."""
        from community.accounts import providers, security
        from community.personal_data import views as personal_data
        from community.profiles import edit as profiles
        from dropshop.core import settings_page

        settings_page.parts.add("profile", profiles.PROFILE)
        settings_page.parts.add("security", security.PART)
        security.listen()
        providers.listen()
        settings_page.parts.add("blocked", profiles.PRIVACY)
        settings_page.parts.add("my data", personal_data.PART, rank=9)

    def _add_notice_emails(self) -> None:
        """What members choose about, and what keeps an e-mail true until it is written."""
        from community.events import facts as events
        from community.notice_emails import standing, views, waiting
        from community.notice_emails.groups import GROUPS
        from community.notifications import notices
        from community.restocks import news as restocks
        from community.trades import notify as trades
        from dropshop.core import notice_groups, settings_page

        notices.stored.add("e-mails", waiting.note)
        settings_page.parts.add("notifications", views.PART)
        standing.checks.add("restock", restocks.still_true)
        standing.checks.add("event", events.still_true)
        standing.checks.add("trade", trades.still_true)
        for place, (name, group) in enumerate(GROUPS.items(), start=1):
            notice_groups.groups.add(name, group, rank=place)

    def _add_subjects(self) -> None:
        """Registers the `Subject` of each room. Raises ImproperlyConfigured for a `subject.py` that `SUBJECTS` does not name:
        what it holds of members would be neither exported nor erased.
        """
        from community.people.subjects import registry

        there = {path.parent.name for path in Path(self.path).glob("*/subject.py")}
        if unnamed := there - {*SUBJECTS}:
            raise ImproperlyConfigured(f"SUBJECTS in community/apps.py does not name {', '.join(sorted(unnamed))}.")
        for place, room in enumerate(SUBJECTS):
            registry.add(room, import_module(f"community.{room}.subject").SUBJECT, rank=place)
