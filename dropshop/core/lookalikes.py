"""Letters that look alike (Unicode TR 39, by the tables of `confusable_homoglyphs`)."""

import functools
from collections import defaultdict


@functools.cache
def seen_as() -> dict[int, str]:
    """For each letter (its code point) that is confused with others, the one that stands for all of them."""
    from confusable_homoglyphs.confusables import confusables_data  # a megabyte of JSON, only for who compares

    parent: dict[str, str] = {}

    def root(letter: str) -> str:
        while parent.setdefault(letter, letter) != letter:
            letter = parent[letter]
        return letter

    for one, others in confusables_data.items():
        for other in others:
            pair = [text.strip("\u200e") for text in (one, other["c"])]
            if all(len(letter) == 1 for letter in pair):
                parent[root(pair[0])] = root(pair[1])
    alike: dict[str, list[str]] = defaultdict(list)
    for letter in parent:
        alike[root(letter)].append(letter)
    return {
        ord(letter): min(letters, key=lambda one: (not (one.isascii() and one.isalpha()), one)).casefold()
        for letters in alike.values()
        for letter in letters
    }
