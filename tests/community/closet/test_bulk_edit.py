"""Several pairs at once, and the folders they lie in."""

import pytest

from community.models import Pair
from tests.community.closet.pages import ids, words
from tests.make import make_pair

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("sent", "facts"),
    [
        ({"do": "folder", "new_folder": "Attic"}, {"folder__name": "Attic"}),
        ({"do": "folder", "folder": ""}, {"folder": None}),
        ({"do": "visibility", "visibility": "public"}, {"visibility": "public"}),
        ({"do": "for_trade"}, {"for_trade": True}),
        ({"do": "not_for_trade"}, {"for_trade": False}),
    ],
)
def test_what_was_chosen_is_changed_together(alice, sign_in, sent, facts):
    chosen, other = [make_pair(alice, visibility="members") for _ in range(2)], make_pair(alice, notes="other")
    answer = sign_in(alice).post("/closet/?sort=name", {"pair": ids(*chosen), **sent})
    assert (answer.status_code, answer["Location"]) == (302, "/closet/?sort=name")
    assert set(Pair.objects.filter(**facts).exclude(pk=other.pk)) == set(chosen)


def test_several_are_taken_out_together(alice, sign_in):
    chosen, other = [make_pair(alice) for _ in range(2)], make_pair(alice)
    sign_in(alice).post("/closet/", {"pair": ids(*chosen), "do": "remove"})
    assert list(Pair.objects.all()) == [other]


def test_all_are_changed_or_none_and_what_was_refused_is_named(alice, sign_in):
    private, seen = make_pair(alice, size="7"), make_pair(alice, visibility="members")
    answer = sign_in(alice).post("/closet/", {"pair": ids(private, seen), "do": "for_trade"})
    assert (answer.status_code, Pair.objects.filter(for_trade=True).count()) == (409, 0)
    assert f"{private}: A pair for trade must be visible to members" in words(answer)
    assert answer.content.decode().count("checked") == 2  # what was chosen stays so


def test_nobody_changes_somebody_elses_pairs(alice, bob, sign_in):
    mine, theirs = make_pair(bob), make_pair(alice, visibility="public")
    for deed in ("remove", "folder", "visibility", "for_trade"):
        sent = {"pair": ids(mine, theirs), "do": deed, "visibility": "public", "new_folder": "Mine"}
        assert sign_in(bob).post("/closet/", sent).status_code == 404
    assert (Pair.objects.count(), Pair.objects.filter(folder=None, for_trade=False).count()) == (2, 2)


@pytest.mark.parametrize("sent", [{}, {"do": "remove"}, {"do": "visibility", "pair": ["x"]}, {"do": "burn", "one": True}])
def test_a_choice_that_makes_no_sense_is_refused(alice, sign_in, sent):
    pair = make_pair(alice)
    sent = {"pair": ids(pair), "do": "burn"} if "one" in sent else sent
    assert (sign_in(alice).post("/closet/", sent).status_code, Pair.objects.count()) == (400, 1)


def test_folders_are_made_renamed_and_removed(alice, bob, sign_in):
    client, theirs = sign_in(alice), bob.folders.create(name="Bob's")
    client.post("/closet/folders/", {"do": "add", "name": "  The   attic "})
    client.post("/closet/folders/", {"do": "add", "name": "the ATTIC"})
    folder = alice.folders.get()
    pair = make_pair(alice, folder=folder)
    assert folder.name == "The attic"
    client.post("/closet/folders/", {"do": "rename", "folder": folder.pk, "name": "Cellar"})
    for deed in ("rename", "remove"):
        assert client.post("/closet/folders/", {"do": deed, "folder": theirs.pk, "name": "Mine"}).status_code == 404
    theirs.refresh_from_db()
    assert ([known.name for known in alice.folders.all()], theirs.name) == (["Cellar"], "Bob's")
    client.post("/closet/folders/", {"do": "remove", "folder": folder.pk})
    pair.refresh_from_db()
    assert (alice.folders.count(), pair.folder) == (0, None)
