from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        """Roles and the table of karma exist wherever the tables do; the socket, which imports no app, hears of the feed,
        whoever gives passes hears of karma, and what became of payments is kept among the notices."""
        from community.accounts.roles import make_roles
        from community.feed import live as watchers
        from community.karma import drop_requirement
        from community.karma.defaults import make_table
        from community.notifications import notices
        from community.people import relations
        from dropshop.core import live
        from reservations.passes import requirements
        from reservations.payments import news

        news.write_down = notices.write_down
        if drop_requirement.karma not in requirements.demands:
            requirements.demands.append(drop_requirement.karma)
        live.register_feed_source(watchers.newest)
        live.register_feed_gate(relations.hidden_authors)
        post_migrate.connect(make_roles, dispatch_uid="community.accounts.roles")
        post_migrate.connect(make_table, dispatch_uid="community.karma.defaults")
