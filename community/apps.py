from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        """Roles and the table of karma exist wherever the tables do; the socket, which imports no app, hears of the feed,
        whoever gives passes hears of karma, and what became of payments is kept among the notices."""
        from community.members.roles import make_roles
        from community.points import admission
        from community.points.karma_table import make_table
        from community.talk import notices, watchers
        from dropshop.core import live
        from reservations.passes import requirements
        from reservations.payments import news

        news.write_down = notices.write_down
        if admission.karma not in requirements.demands:
            requirements.demands.append(admission.karma)
        live.register_feed_source(watchers.newest)
        live.register_feed_gate(watchers.hidden_authors)
        post_migrate.connect(make_roles, dispatch_uid="community.members.roles")
        post_migrate.connect(make_table, dispatch_uid="community.points.karma_table")
