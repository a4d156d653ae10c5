"""What the first shoppers after the start wait for reads no more than it must, also where statistics are of an empty table."""

import pytest
from django.db import connection

from dropshop.core.postgresql.base import LASTING_PLANS
from dropshop.core.sql import with_table_names
from reservations.requests import bell, visitors
from tests.make import make_members
from tests.reservations.requests.opening import at_the_page, coming_drop, file_many

pytestmark = pytest.mark.django_db
COUNT = 2000


@pytest.fixture(params=[LASTING_PLANS, {}], ids=["desk", "worker"])
def planner(request):
    """The settings by which a thread of the desk plans, and a worker."""
    with connection.cursor() as cursor:
        for name, value in request.param.items():
            cursor.execute(f"SET LOCAL {name} = {value}")


def plan(statement, **values):
    """How PostgreSQL runs it: the names of the indexes, and the rows that were read for nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {with_table_names(statement)}", values)
        ((found,),) = cursor.fetchall()
    nodes, waiting = [], [found[0]["Plan"]]
    while waiting:
        nodes.append(waiting.pop())
        waiting += nodes[-1].get("Plans", [])
    wasted = sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in nodes)
    return {node["Index Name"] for node in nodes if "Index Name" in node}, wasted


@pytest.mark.usefixtures("planner")
def test_who_waits_and_who_is_at_the_page_is_looked_up_by_member():
    drop = coming_drop({"9": 1})
    members = make_members(COUNT)
    file_many(drop, members)
    at_the_page(drop, *members[:100], *make_members(100))
    used, wasted = plan(bell.WAITING, drop=drop.pk, members=[member.pk for member in members[:50]])
    assert (used, wasted) == ({"request_one_per_member_and_drop"}, 0)
    used, wasted = plan(visitors.COUNT, drop=drop.pk, starts_at=drop.starts_at)
    assert "request_one_per_member_and_drop" in used
    assert wasted <= 200
    assert visitors.count(drop) == 100


@pytest.mark.usefixtures("planner")
def test_control_by_columns_all_requests_of_the_drop_are_read():
    drop = coming_drop({"9": 1})
    members = make_members(COUNT)
    file_many(drop, members)
    plain = """SELECT member_id FROM {purchaserequest}
                WHERE drop_id = %(drop)s AND member_id = ANY(%(members)s::uuid[]) AND status IN ('entered', 'in_queue')"""
    assert plan(plain, drop=drop.pk, members=[member.pk for member in members[:50]])[1] >= COUNT - 50
