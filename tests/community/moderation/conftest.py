"""Who decides."""

from typing import Any

import pytest


@pytest.fixture
def moderator(db: None) -> Any:
    """Staff with the role and nothing else."""
    from django.contrib.auth.models import Group  # these need Django's applications, which are not there yet

    from tests.make import make_member

    member = make_member("moderator", is_staff=True)
    member.groups.add(Group.objects.get(name="moderator"))
    return member
