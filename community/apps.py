from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        """Roles and the table of karma exist wherever the tables do; and the hooks of the rooms below are filled: the socket,
        which imports no app, hears of the feed, whoever gives passes hears of karma, and so on."""
        from community.accounts.roles import make_roles
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
        from community.trades import agreed, offers
        from community.trades.feed_kind import TRADE
        from community.wants import matching
        from dropshop.core.hooks import after_migrate
        from dropshop.core.live import feed_source
        from reservations.passes import requirements
        from reservations.payments import news as payment_news

        payment_news.write_down.fill(notices.write_down)
        requirements.registry.add("karma", drop_requirement.missing_karma)
        feed_source.newest.fill(feed_live.newest)
        feed_source.hidden_authors.fill(relations.hidden_authors)
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
        self._add_subjects()
        after_migrate.add("roles", make_roles)
        after_migrate.add("karma", create_defaults, rank=1)

    def _add_subjects(self) -> None:
        """In the order in which the export lists them."""
        from community.accounts import subject as accounts
        from community.closet import subject as closet
        from community.events import subject as events
        from community.feed import subject as feed
        from community.karma import subject as karma
        from community.moderation import subject as moderation
        from community.notifications import subject as notifications
        from community.people import subject as people
        from community.people.subjects import registry
        from community.restocks import subject as restocks
        from community.trades import subject as trades
        from community.wants import subject as wants

        rooms = (karma, restocks, closet, wants, trades, feed, people, events, moderation, notifications, accounts)
        for place, room in enumerate(rooms):
            registry.add(room.SUBJECT.name, room.SUBJECT, rank=place)
