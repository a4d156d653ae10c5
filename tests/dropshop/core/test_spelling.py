"""What is ASCII already is spelled as any other text."""

from hypothesis import given
from hypothesis import strategies as st

from dropshop.core.spelling import spelled_plainly

INVISIBLE = "\u200b"  # which is left out, and sends the text the long way


@given(text=st.text(st.characters(codec="ascii"), max_size=199))
def test_an_ascii_text_is_spelled_as_beside_other_letters(text):
    assert spelled_plainly(text) == spelled_plainly(text + INVISIBLE)
