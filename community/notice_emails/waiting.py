"""Notices that are to be written about: noted in the transaction that stores them, so that none is lost whatever dies."""

from collections.abc import Sequence

from community.notifications.models import Notice
from dropshop.core.notice_groups import Way, group_of, groups
from dropshop.core.sql import rows

# Of a crowd those who want it by e-mail, can get it and have confirmed their address; one statement for all of them.
NOTE = """
INSERT INTO {waitingnotice} (notice_id, member_id, due_at)
SELECT notice.id, notice.member_id, clock_timestamp()
  FROM {notice} AS notice
  JOIN {member} AS member ON member.id = notice.member_id AND member.is_active AND (member.is_staff OR NOT %(for_staff)s)
  JOIN {emailaddress} AS address ON address.user_id = member.id AND address."primary" AND address.verified
  LEFT JOIN {emailchoice} AS choice ON choice.member_id = member.id AND choice.group_name = %(group)s
 WHERE notice.id = ANY(%(notices)s::uuid[]) AND coalesce(choice.way, %(way)s) <> %(off)s
"""


def note(new: Sequence[Notice]) -> None:
    """These notices, all of one kind, wait for their e-mails. Call it in the transaction that stores them."""
    name = group_of(new[0].kind) if new else ""
    if not name or groups[name].is_locked:  # such have an e-mail of their own, with what was done
        return
    group = groups[name]
    asked = {"group": name, "way": group.way.value, "off": Way.OFF.value, "for_staff": group.for_staff}
    rows(NOTE, notices=[notice.pk for notice in new], **asked)
