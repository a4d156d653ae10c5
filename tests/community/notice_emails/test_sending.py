"""E-mails of notices: as each member chose, never empty, never of what was read, and each once."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from community.models import EmailChoice, Notice, WaitingNotice
from community.notice_emails import choices, sending
from community.notifications import notices
from dropshop.core.outbox import send
from dropshop.core.outbox.models import Email
from tests.community.notice_emails.mail import confirm, written
from tests.make import make_member, make_members

pytestmark = pytest.mark.django_db


def test_a_notice_that_comes_at_once_is_written_once(alice, tell):
    tell(alice)
    assert (sending.sweep(), sending.sweep()) == (1, 0)
    assert written() == [(alice.email, "notices", ["A moderator has hidden your post."])]
    assert not WaitingNotice.objects.exists()


def test_the_e_mail_says_it_in_text_and_html_and_how_to_end_it(alice, tell, mailoutbox):
    tell(alice, text="“<b>Sat</b>” has moved.")
    sending.sweep()
    send.sweep()
    (message,) = mailoutbox
    assert message.subject == "“<b>Sat</b>” has moved."
    assert "“<b>Sat</b>” has moved.\nhttp://127.0.0.1:8000/community/\n" in message.body
    assert "“&lt;b&gt;Sat&lt;/b&gt;” has moved." in message.alternatives[0].content
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.extra_headers["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/notices/unsubscribe/")


@pytest.mark.parametrize("kind", ["moderation", "comment"], ids=["at once", "in the daily e-mail"])
def test_a_notice_with_line_breaks_is_no_header(alice, tell, clock, mailoutbox, kind):
    tell(alice, kind=kind, text="Hello\r\nBcc: eve@example.com\r\n\r\nBuy more")
    clock.at("2026-06-02 09:00")
    sending.sweep()
    send.sweep()
    (message,) = (sent.message() for sent in mailoutbox)
    assert (message["Subject"], message["To"], message["Bcc"]) == (
        "Hello Bcc: eve@example.com Buy more",
        alice.email,
        None,
    )


def test_what_was_sent_is_kept_without_its_words(alice, tell):
    tell(alice)
    sending.sweep()
    send.sweep()
    assert [(row.status, row.context) for row in Email.objects.all()] == [("sent", None)]


def test_several_notices_of_a_group_that_are_due_together_come_in_one_e_mail(alice, tell, clock):
    for number in range(2):
        clock.at(f"2026-06-01 12:0{number}")
        tell(alice, cause=f"x:{number}", text=f"Number {number}.")
    tell(alice, kind="trade-sent", text="It is on its way.")
    assert sending.sweep() == 2
    assert sorted(lines for _, _, lines in written()) == [["It is on its way."], ["Number 1.", "Number 0."]]


def test_in_quiet_hours_an_e_mail_waits_until_they_end(alice, tell, clock):
    clock.at("2026-06-01 22:00")
    tell(alice)
    assert sending.sweep() == 0
    clock.at("2026-06-02 07:59:59")
    assert sending.sweep() == 0
    clock.at("2026-06-02 08:00")
    assert sending.sweep() == 1


def test_the_daily_e_mail_has_all_of_a_day_and_comes_once(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment", text="bob commented on what you shared.")
    clock.at("2026-06-01 20:00")
    tell(alice, kind="restock-verdict", text="Confirmed.")
    assert sending.sweep() == 0
    clock.at("2026-06-02 08:59")
    assert sending.sweep() == 0
    clock.at("2026-06-02 09:00")
    assert (sending.sweep(), sending.sweep()) == (1, 0)
    assert written() == [(alice.email, "digest", ["Confirmed.", "bob commented on what you shared."])]


def test_a_day_without_news_has_no_e_mail(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment")
    clock.at("2026-06-02 09:00")
    sending.sweep()
    clock.at("2026-06-03 09:00")
    assert sending.sweep() == 0


def test_what_was_read_meanwhile_is_not_written_about(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment", cause="x:1")
    notices.read_all(alice)
    clock.at("2026-06-02 09:00")
    assert sending.sweep() == 0
    assert not WaitingNotice.objects.exists()


def test_a_second_daily_e_mail_of_a_day_waits_for_the_next(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment", cause="x:1", text="One.")
    clock.at("2026-06-02 09:00")
    assert sending.sweep() == 1
    choices.change(alice, digest_hour=12)
    clock.at("2026-06-02 10:00")
    tell(alice, kind="comment", cause="x:2", text="Two.")
    clock.at("2026-06-02 12:00")
    assert sending.sweep() == 0
    clock.at("2026-06-03 12:00")
    assert sending.sweep() == 1
    assert sorted(lines for _, _, lines in written()) == [["One."], ["Two."]]


def test_a_daily_e_mail_that_is_late_does_not_come_in_quiet_hours(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment")
    clock.at("2026-06-02 23:00")
    assert sending.sweep() == 0
    clock.at("2026-06-03 09:00")
    assert sending.sweep() == 1


def test_a_daily_e_mail_at_an_hour_that_is_quiet_was_chosen(alice, tell, clock):
    choices.change(alice, digest_hour=7)
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment")
    clock.at("2026-06-02 07:00")
    assert sending.sweep() == 1


def test_a_long_day_is_told_in_twenty_lines_and_a_number(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    for number in range(32):
        tell(alice, kind="comment", cause=f"x:{number}", text=f"Number {number}.")
    clock.at("2026-06-02 09:00")
    sending.sweep()
    (email,) = Email.objects.all()
    assert (len(email.context["notices"]), email.context["more"]) == (20, 12)
    assert email.context["subject"] == "Your day at dropshop: 32 notices"


@pytest.mark.parametrize("kind", ["payment_declined", "karma-level", "no-such-kind"])
def test_of_what_has_its_own_e_mail_of_what_is_off_and_of_unknown_kinds_nothing_waits(alice, tell, kind):
    tell(alice, kind=kind)
    assert not WaitingNotice.objects.exists()


def test_a_choice_that_changes_counts_for_what_waits(alice, tell, clock):
    clock.at("2026-06-01 10:00")
    tell(alice, kind="comment", cause="x:1", text="bob said something.")
    tell(alice, kind="moderation", cause="x:2")
    choices.change(alice, ways={"replies": "at_once", "moderation": "off"})
    WaitingNotice.objects.update(due_at=clock.moment)
    assert sending.sweep() == 1
    assert written() == [(alice.email, "notices", ["bob said something."])]


def test_who_has_not_confirmed_their_address_gets_none(tell):
    tell(make_member())
    assert not WaitingNotice.objects.exists()


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(lambda member: type(member).objects.filter(pk=member.pk).update(is_active=False), id="deactivated"),
        pytest.param(lambda member: member.emailaddress_set.update(verified=False), id="address not confirmed any more"),
    ],
)
def test_who_may_not_be_written_to_when_it_is_time_gets_none(alice, tell, leave):
    tell(alice)
    leave(alice)
    assert sending.sweep() == 0
    assert not WaitingNotice.objects.exists()


def test_more_than_the_days_e_mails_wait_and_come_together(alice, tell, clock, settings):
    settings.NOTICE_EMAILS_PER_DAY = 2
    for number in range(4):
        clock.moment = timezone.now()  # of this e-mail's row too
        choices.change(alice, quiet_from=None, quiet_until=None)
        tell(alice, cause=f"x:{number}", text=f"Number {number}.")
        sending.sweep()
    assert sorted(lines for _, _, lines in written()) == [["Number 0."], ["Number 1."]]
    Email.objects.update(created_at=clock.moment - timedelta(days=2))
    WaitingNotice.objects.update(due_at=clock.moment)
    assert sending.sweep() == 1
    assert sorted(lines for _, _, lines in written())[-1] == ["Number 3.", "Number 2."]


def test_staff_hear_of_decisions_by_e_mail_and_nobody_else(alice, tell):
    staff = make_member(is_staff=True)
    confirm(staff)
    tell(alice, staff, kind="staff-trade-dispute")
    assert list(WaitingNotice.objects.values_list("member", flat=True)) == [staff.pk]


def test_a_crowd_costs_one_statement_more_and_one_with_no_wish_has_no_row(tell, django_assert_num_queries):
    members = make_members(100)
    confirm(*members)
    EmailChoice.objects.create(member=members[0], group_name="restocks", way="off")
    with django_assert_num_queries(5):
        notices.notify([member.pk for member in members], "restock-confirmed", cause="x:1", text="Confirmed.")
    assert WaitingNotice.objects.count() == 99


def test_nothing_waits_of_what_was_rolled_back(alice, tell):
    with transaction.atomic():
        tell(alice)
        transaction.set_rollback(True)
    assert (Notice.objects.count(), WaitingNotice.objects.count()) == (0, 0)
