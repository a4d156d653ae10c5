"""Staff of each role."""

import pytest


def with_role(role, username=None):
    """A member of staff with this role alone."""
    from django.contrib.auth.models import Group

    from tests.make import make_member

    member = make_member(username, is_staff=True)
    member.groups.add(Group.objects.get(name=role))
    return member


@pytest.fixture
def editor(database):
    """A catalogue editor."""
    return with_role("catalogue editor")


@pytest.fixture
def manager(database):
    """A drop manager."""
    return with_role("drop manager")


@pytest.fixture
def staff_client(manager, sign_in):
    """A test client with the drop manager's session."""
    return sign_in(manager)


@pytest.fixture
def support(database):
    return with_role("support")


@pytest.fixture
def clerk(database):
    """A shipping clerk."""
    return with_role("shipping clerk")


@pytest.fixture
def accountant(database):
    return with_role("accountant")


@pytest.fixture
def refunder(database):
    """A refund clerk."""
    return with_role("refund clerk", "ada")


@pytest.fixture
def other_refunder(database):
    return with_role("refund clerk", "ben")


@pytest.fixture
def moderator(database):
    return with_role("moderator", "moderator")


@pytest.fixture
def community_manager(database):
    return with_role("community manager")


@pytest.fixture
def newcomer(database):
    """Staff without any role yet."""
    from tests.make import make_member

    return make_member(is_staff=True)
