"""The photographs of a pair: drawn anew, described, ordered, limited and removed."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from community.closet import photographs
from community.models import Member
from community.people import relations
from dropshop.core.clock import database_time
from tests.community.closet.pages import photo, words
from tests.make import make_pair

pytestmark = pytest.mark.django_db


def files(folder):
    return sorted(path.suffix for path in folder.rglob("*") if path.is_file())


def test_photographs_are_drawn_anew_described_ordered_and_removed(alice, sign_in, media, django_capture_on_commit_callbacks):
    pair, client = make_pair(alice), sign_in(alice)
    path = f"/closet/pairs/{pair.pk}/pictures/"
    client.post(path, {"pictures": [photo("a.png"), photo("b.jpg", "JPEG")]})
    one, two = pair.pictures.all()
    with one.image.open() as file:
        assert (files(media), Image.open(file).format) == ([".webp", ".webp"], "WEBP")
    client.post(f"{path}{two.pk}/", {"do": "describe", "alt": " The heel\n of it "})
    client.post(f"{path}{two.pk}/", {"do": "first"})
    assert [(picture.pk, picture.alt, picture.position) for picture in pair.pictures.all()] == [
        (two.pk, "The heel of it", 0),
        (one.pk, "", 1),
    ]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{path}{two.pk}/", {"do": "remove"})
    assert (list(pair.pictures.values_list("pk", "position")), files(media)) == ([(one.pk, 0)], [".webp"])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/closet/pairs/{pair.pk}/removal/")
    assert files(media) == []


def test_acceptance_42_what_is_no_photograph_is_refused_by_name_and_with_it_all_others(alice, sign_in, media):
    """Acceptance 42: an SVG is no picture here."""
    pair = make_pair(alice)
    drawing = SimpleUploadedFile("shoe.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    answer = sign_in(alice).post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo(), drawing]})
    assert (answer.status_code, pair.pictures.count(), files(media)) == (400, 0, [])
    assert "shoe.svg: This is no JPEG, PNG, WebP or AVIF picture." in words(answer)


def test_a_pair_has_eight_photographs_at_most(alice, sign_in, media):
    pair = make_pair(alice)
    for number in range(8):
        pair.pictures.create(image=f"pairs/{number}.webp", position=number)
    answer = sign_in(alice).post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo()]})
    assert (answer.status_code, pair.pictures.count()) == (400, 8)


def test_each_photograph_counts_against_the_limit(alice, sign_in, media, settings):
    settings.LIMITS = {**settings.LIMITS, "upload": {"member": "3/10m"}}
    pairs, client = [make_pair(alice) for _ in range(2)], sign_in(alice)
    answers = [
        client.post(f"/closet/pairs/{pair.pk}/pictures/", {"pictures": [photo(), photo()]}).status_code for pair in pairs
    ]
    assert (answers, [pair.pictures.count() for pair in pairs]) == ([302, 429], [2, 0])


def test_who_is_silenced_shows_nobody_a_photograph(alice, media):
    seen, private = make_pair(alice, visibility="public"), make_pair(alice)
    Member.objects.update(silenced_until=database_time() + timedelta(hours=1))
    with pytest.raises(relations.Forbidden):
        photographs.add(seen.pk, member=alice, uploads=[photo()])
    assert len(photographs.add(private.pk, member=alice, uploads=[photo()])) == 1
