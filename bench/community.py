"""A community of some age, written by the database itself: members with few posts and with many, reports, trades, follows.

Imported only once Django is set up.
"""

from django.db import connection

# ruff: noqa: S608 - what is filled in are constants of this file
# `%(items)s` items in all, one a minute and the newest now: of 100 two trades, eight restocks, the rest posts. Of the members
# a few write most: the number of the author is a cube of chance. One item in a hundred is hidden.
AUTHOR = "ids[1 + floor(power(random(), 3) * cardinality(ids))::int]"
OTHERS = "CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM community_member WHERE username LIKE 'old%%') AS members"
AT = "statement_timestamp() - number * interval '1 minute'"
MEMBERS = """INSERT INTO community_member (id, username, email, password, first_name, last_name, is_superuser, is_staff,
        is_active, date_joined, shows_name, bio, geohash)
    SELECT gen_random_uuid(), 'old' || number, '', '!', '', '', false, false, true, now(), false, '', ''
    FROM generate_series(1, %(members)s) AS number"""
STATEMENTS = (
    MEMBERS,
    f"""INSERT INTO community_post (id, author_id, text, created_at)
    SELECT gen_random_uuid(), {AUTHOR}, 'What I think of number ' || number, {AT}
    FROM generate_series(1, %(items)s) AS number {OTHERS} WHERE number %% 100 > 9""",
    f"""INSERT INTO community_restock (id, store_id, sneaker_id, sizes, currency, link, picture, note, reporter_id,
        status, hidden, created_at, ended_at)
    SELECT gen_random_uuid(), %(store)s, %(sneaker)s, ARRAY['9', '10'], 'USD', '', '', '', {AUTHOR}, 'gone', false, {AT}, {AT}
    FROM generate_series(1, %(items)s) AS number {OTHERS} WHERE number %% 100 BETWEEN 2 AND 9""",
    f"""INSERT INTO community_trade (id, proposer_id, receiver_id, status, message, created_at, decided_at, completed_at)
    SELECT gen_random_uuid(), ids[1 + number %% cardinality(ids)], ids[1 + (number + 1) %% cardinality(ids)], 'accepted', '',
        {AT}, {AT}, {AT}
    FROM generate_series(1, %(items)s) AS number {OTHERS} WHERE number %% 100 < 2""",
    *(
        f"""INSERT INTO community_feeditem (id, kind, at, author_id, {kind}_id, hidden)
        SELECT gen_random_uuid(), '{kind}', created_at, {author}_id, id, random() < 0.01 FROM community_{kind}"""
        for kind, author in (("post", "author"), ("restock", "reporter"), ("trade", "proposer"))
    ),
    # Readers who follow 3, 50 and 500, any of them, most of whom write little; the last has also blocked 200.
    """INSERT INTO community_follow (follower_id, member_id, size)
    SELECT reader.id, other.id, '' FROM (VALUES ('old1', 3), ('old2', 50), ('old3', 500)) AS reads (name, number)
    JOIN community_member AS reader ON reader.username = reads.name
    CROSS JOIN LATERAL (SELECT id FROM community_member WHERE username LIKE 'old%%' AND id <> reader.id
        ORDER BY md5(reads.name || username) LIMIT reads.number) AS other""",
    """INSERT INTO community_block (blocker_id, blocked_id)
    SELECT reader.id, other.id FROM community_member AS reader
    CROSS JOIN LATERAL (SELECT id FROM community_member WHERE username LIKE 'old%%' AND id <> reader.id
        ORDER BY md5('block' || username) LIMIT 200) AS other WHERE reader.username = 'old3'""",
    """INSERT INTO community_like (item_id, member_id)
    SELECT item.id, fan.id FROM (SELECT id FROM community_feeditem ORDER BY at DESC LIMIT %(items)s / 2000) AS item
    CROSS JOIN (SELECT id FROM community_member WHERE username LIKE 'old%%' LIMIT 100) AS fan""",
    """ANALYZE community_member, community_post, community_feeditem, community_restock, community_trade, community_follow,
        community_block, community_like""",
)


def fill(*, items: int, members: int, store: object, sneaker: object, checked: bool = True) -> None:
    """So many items by so many members, named old1, old2, …; with `checked` off without the checks of the foreign keys, which
    here would take most of the time.
    """
    values = {"items": items, "members": members, "store": store, "sneaker": sneaker}
    with connection.cursor() as cursor:
        if not checked:
            cursor.execute("SET session_replication_role = replica")
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        if not checked:
            cursor.execute("SET session_replication_role = origin")
