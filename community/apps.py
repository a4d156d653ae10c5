from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        """The roles of staff and the table of karma exist wherever the tables do."""
        from community.karma_table import make_table
        from community.roles import make_roles

        post_migrate.connect(make_roles, dispatch_uid="community.roles")
        post_migrate.connect(make_table, dispatch_uid="community.karma_table")
