"""Acceptance 53: who was erased stays erased, also where an older backup is restored."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from community.models import Member
from community.people.names import name_key
from community.personal_data import erasure
from community.personal_data.erasure import erase
from dropshop.core.errors import Busy
from tests.make import PASSWORD, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noted(settings, tmp_path):
    """The list of this test."""
    settings.ERASURES_FILE = str(tmp_path / "erasures" / "members.txt")
    return tmp_path / "erasures" / "members.txt"


def restore(**members: Member) -> None:
    """As an older backup knows them, by their names."""
    for name, member in members.items():
        facts = {"username": name, "name_key": name_key(name), "email": f"{name}@example.com", "bio": "Laces."}
        Member.objects.filter(pk=member.pk).update(**facts, is_active=True)


def erased_now():
    return {*Member.objects.filter(username__startswith="erased-").values_list("pk", flat=True)}


def test_53_whom_a_restored_backup_brings_back_is_erased_again_and_nobody_else(capsys):
    ada, bea, cid = make_member("ada"), make_member("bea"), make_member("cid")
    erase(ada)
    erase(bea)
    restore(ada=ada, bea=bea)
    assert erased_now() == set()
    call_command("erase_again")
    assert capsys.readouterr().out == "2 erasures are listed; 2 of these members were there again, and are erased.\n"
    assert erased_now() == {ada.pk, bea.pk}
    assert not Member.objects.exclude(bio="").exists()
    assert Member.objects.get(pk=cid.pk).check_password(PASSWORD)


def test_a_second_time_nobody_is_erased_and_the_list_names_nobody_twice_for_it(capsys, noted):
    ada = make_member("ada")
    erase(ada)
    for _ in range(2):
        call_command("erase_again")
    assert capsys.readouterr().out.count("1 erasures are listed; 0 of these") == 2
    assert [line.split()[0] for line in noted.read_text().splitlines()] == [str(ada.pk)]


def test_the_lists_of_several_machines_are_read_together(tmp_path, capsys):
    ada = make_member("ada")
    (tmp_path / "one.txt").write_text(f"{ada.pk} 2026-11-30T05:00:00Z\n")
    (tmp_path / "two.txt").write_text(f"\n{uuid4()} 2026-11-30T05:00:00Z\n")
    call_command("erase_again", tmp_path / "one.txt", tmp_path / "two.txt")
    assert (capsys.readouterr().out.split()[0], erased_now()) == ("2", {ada.pk})


@pytest.mark.parametrize("content", ["ada was here\n", None], ids=["not a list", "no file"])
def test_what_is_no_list_is_named_and_erases_nobody(tmp_path, content):
    ada = make_member("ada")
    if content is not None:
        (tmp_path / "list.txt").write_text(f"{ada.pk} 2026-11-30T05:00:00Z\n{content}")
    with pytest.raises(CommandError, match="no list of erased members"):
        call_command("erase_again", tmp_path / "list.txt")
    assert erased_now() == set()


def test_who_cannot_be_noted_is_not_erased(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.ERASURES_FILE = str(tmp_path / "file" / "members.txt")
    ada = make_member("ada")
    with pytest.raises(Busy):
        erasure.erase(ada)
    assert erased_now() == set()
