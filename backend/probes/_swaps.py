"""Terms of identity swapped in a text: whole words, case kept, as little grammar as English pronouns ask for."""

from __future__ import annotations

import re

from ..data.identity import identity_terms
from ..workspace.layout import BadInput
from ._association import word_lists

Pair = tuple[str, str]
# What follows "her" as an object ("saw her yesterday"), not as a possessive ("her book").
AFTER_OBJECT = re.compile(
    r"(?:a|about|after|again|and|as|at|away|back|because|before|but|by|down|for|from|home|if|in|into|is|it|its|not|now|of"
    r"|off|on|or|out|over|so|than|that|the|then|there|they|this|to|today|tomorrow|tonight|too|up|was|we|when|where|which"
    r"|while|who|why|will|with|yesterday|you)\b",
    re.IGNORECASE,
)


def default_pairs() -> list[Pair]:
    """Counterparts of the identity lists (the first group of each attribute against each later one of equal length),
    and first names of women and men."""
    found: list[Pair] = []
    for groups in identity_terms().values():
        first, *others = groups.values()
        for other in others:
            if len(other) == len(first):
                found += zip(first, other, strict=True)
    lists = word_lists()["words"]
    names = zip(lists["names of women"], lists["names of men"], strict=True)
    found += [(woman.lower(), man.lower()) for woman, man in names]
    return list(dict.fromkeys(pair for pair in found if pair[0] != pair[1]))


def read_pairs(text: str) -> tuple[Pair, ...]:
    """ "she/he, woman/man" -> (("she", "he"), ("woman", "man")). Raises BadInput for anything else."""
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        sides = tuple(side.strip().lower() for side in part.split("/"))
        if len(sides) != 2 or not all(sides) or sides[0] == sides[1]:
            raise BadInput(f"probes.swaps: expected pairs such as 'she/he, woman/man', found {part!r}")
        found.append(sides)
    return tuple(found)


def swapper(pair: Pair):
    """text -> (text with the pair's terms exchanged, which of the two it held: bool, bool)."""
    a, b = pair
    forms = sorted({re.escape(a), re.escape(b)}, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE)

    def swap(text: str) -> tuple[str, tuple[bool, bool]]:
        held = [False, False]

        def other(match: re.Match[str]) -> str:
            word = match.group().lower()
            held[word == b] = True
            return cased(counterpart(word, pair, text[match.end() :]), match.group())

        return pattern.sub(other, text), (held[0], held[1])

    return swap


def counterpart(word: str, pair: Pair, rest: str) -> str:
    """The other term of the pair; "her" and "his" by whether a noun seems to follow in `rest`."""
    other = pair[1] if word == pair[0] else pair[0]
    following = re.match(r"\s+([^\W\d_]+)", rest)
    owns = bool(following) and not AFTER_OBJECT.fullmatch(following.group(1))
    if word == "her" and other in ("him", "his"):
        return "his" if owns else "him"
    if word == "his" and other in ("her", "hers"):
        return "her" if owns else "hers"
    return other


def cased(word: str, like: str) -> str:
    """`word` in the case of `like`: "HE", "He" or "he"."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
