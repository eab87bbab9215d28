"""Words by which texts name groups of people, and slurs: two editable lists, and how they are found in a text.

`identity_terms.json` is {attribute: {group: [terms]}}, lower case. A term may be several words. Where two
groups of an attribute have equally many terms, those at the same place are counterparts ("she" and "he") that can be
swapped.
A mention is a whole word, whatever its case. It says that a text speaks of a group, not what it says of it, nor who
wrote it; and a word has other meanings (a Turkey, a Mr White), which is why bare colours are not in the list.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from ..workspace.layout import BadInput

HERE = Path(__file__).parent
WORD = re.compile(r"[^\W_]+")
SIGNS = {code: " " for code in range(128) if not chr(code).isalnum()}
MOST_GROUPS = 63  # a text's groups are bits of one signed 64-bit number


@cache
def identity_terms() -> dict[str, dict[str, list[str]]]:
    """{attribute: {group: [terms]}}. Raises BadInput where the edited file is no such thing."""
    return _checked("identity_terms.json")


@cache
def _slurs() -> frozenset[str]:
    return frozenset(json.loads((HERE / "offensive_terms.json").read_text(encoding="utf-8"))["terms"])


def _checked(name: str) -> dict[str, dict[str, list[str]]]:
    try:
        found = json.loads((HERE / name).read_text(encoding="utf-8"))
        groups = [terms for attribute in found.values() for terms in attribute.values()]
        plain = all(isinstance(t, str) and words(t) for terms in groups for t in terms)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise BadInput(f"{name}: expected {{attribute: {{group: [terms]}}}}, found {error}"[:300]) from None
    if not plain or not 0 < len(groups) <= MOST_GROUPS:
        raise BadInput(f"{name}: expected terms of letters in 1 to {MOST_GROUPS} groups, found {len(groups)} groups")
    return found


def words(text: str) -> list[str]:
    """The words of a text in lower case: runs of letters and digits ("she's" is two words)."""
    if text.isascii():  # the same, four times as fast
        return text.lower().translate(SIGNS).split()
    return WORD.findall(text.lower())


def offensive(found: list[str]) -> bool:
    """Whether these words (as `words` gives them) hold a term of the list of slurs."""
    return not _slurs().isdisjoint(found)


def holds_slur(text: str) -> bool:
    """Whether a text holds a term of the list of slurs: pages hide it until a person asks to see it."""
    return offensive(words(text))


class Mentions:
    """Finds the groups that a text names. `groups`: (attribute, group), the i-th stands for bit i."""

    def __init__(self, terms: dict[str, dict[str, list[str]]]):
        self.groups = [(attribute, group) for attribute, groups in terms.items() for group in groups]
        self._starts: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for bit, (attribute, group) in enumerate(self.groups):
            for term in terms[attribute][group]:
                parts = tuple(words(term))
                self._starts.setdefault(parts[0], []).append((parts, 1 << bit))
        self._first = frozenset(self._starts)

    def bits(self, found: list[str]) -> int:
        """The groups named among these words (as `words` gives them), one bit a group."""
        named = 0
        for first in self._first.intersection(found):
            for parts, bit in self._starts[first]:
                if len(parts) == 1 or _holds(found, parts):
                    named |= bit
        return named


def _holds(found: list[str], parts: tuple[str, ...]) -> bool:
    """Whether these words stand in the text one after the other."""
    starts = (at for at, word in enumerate(found) if word == parts[0])
    return any(tuple(found[at : at + len(parts)]) == parts for at in starts)
