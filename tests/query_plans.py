"""How PostgreSQL reads the rows of a queryset."""

import json
from typing import Any

from django.db import connection
from django.db.models import QuerySet


def nodes_of(rows: QuerySet[Any], *, analyze: bool = False) -> list[dict[str, Any]]:
    """Every node of the plan, outermost first; with `analyze` the rows are read, and each node says how many it saw."""
    statement, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE {analyze}, FORMAT JSON) {statement}", values)
        ((found,),) = cursor.fetchall()
    nodes, waiting = [], [(json.loads(found) if isinstance(found, str) else found)[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        waiting += node.get("Plans", [])
    return nodes
