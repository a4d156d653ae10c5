"""Staff of each role."""

import pytest

from tests.api.conftest import as_member
from tests.heard import heard

__all__ = ["as_member", "heard"]


def _with_role(role):
    from django.contrib.auth.models import Group

    from tests.make import make_member

    member = make_member(is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


@pytest.fixture
def editor(database):
    """A catalogue editor."""
    return _with_role("catalogue editor")


@pytest.fixture
def manager(database):
    """A drop manager."""
    return _with_role("drop manager")


@pytest.fixture
def staff_client(manager, sign_in):
    """A test client with the drop manager's session."""
    return sign_in(manager)


@pytest.fixture
def support(database):
    return _with_role("support")


@pytest.fixture
def moderator(database):
    return _with_role("moderator")


@pytest.fixture
def community_manager(database):
    return _with_role("community manager")


@pytest.fixture
def newcomer(database):
    """Staff without any role yet."""
    from tests.make import make_member

    return make_member(is_staff=True)
