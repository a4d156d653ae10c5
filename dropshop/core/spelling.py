"""One spelling for what people write in many: digits of any script, dashes, apostrophes, accents. Needs no settings."""

import unicodedata

VULGAR = {"¼": " 1/4", "½": " 1/2", "¾": " 3/4", "⅓": " 1/3", "⅔": " 2/3"}
ALIKE = {"’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'", "\u2044": "/", "\u066b": ".", "،": ","}


def spelled_plainly(text: str) -> str:
    """Lower case, ASCII digits, one blank between words, one kind of dash and apostrophe, nothing that cannot be seen."""
    text = text[:200]
    if text.isascii():  # as most of it is
        seen = text if text.isprintable() else "".join(letter for letter in text if letter.isprintable() or letter.isspace())
        return " ".join(seen.lower().replace("`", "'").split())
    for sign, written in VULGAR.items():
        text = text.replace(sign, written)
    letters = []
    for letter in unicodedata.normalize("NFKC", text).casefold():
        kind = unicodedata.category(letter)
        if kind == "Nd":
            letters.append(str(unicodedata.decimal(letter)))
        elif kind == "Pd" or letter == "\u2212":
            letters.append("-")
        elif kind not in {"Cf", "Cc"} or letter.isspace():
            letters.append(ALIKE.get(letter, letter))
    return " ".join("".join(letters).split())


def plain_letters(text: str) -> str:
    """Letters and digits alone, in lower case and without accents: "Côte d'Or" and "cote dor" are one."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
