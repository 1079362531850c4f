"""How alike two names sound, by their spelling alone: which name was meant by what was misheard.

Owns which letters sound alike in English and how alike is alike enough; must not know what the
names belong to. A free reading spells a name that it does not know as the words that it knows:
"a tego balance" for "Otago balance".
"""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Final

_SOUNDS: Final = (
    (r"\bkn", "n"),
    (r"\bwr", "r"),
    (r"ph", "f"),
    (r"s?c(?=[eiy])", "s"),
    (r"[sc]h|[czx]|s(?=s)", "s"),
    (r"ck|[cqg]", "k"),
    (r"dge?|d", "t"),
    (r"b", "p"),
    (r"v", "f"),
    (r"m", "n"),
    (r"j", "s"),
    (r"[aeiouyhw' -]", ""),
    (r"(.)\1+", r"\1"),
)
"""Spellings, each with the consonant of its class; vowels are what is misheard most."""
_LEAST_SOUND: Final = 0.8
"""How much of the consonants of two names must be the same, in their order …"""
_LEAST_SPELT: Final = 0.45
"""… and how much of all their letters."""
_APART: Final = 0.1
"""How much less alike the names of every other owner must be."""


def meant_by(heard: str, names: Mapping[str, str]) -> str | None:
    """Return whose name was heard as `heard`, of `names` with their owners.

    None if it was nobody's, or may be that of two.
    """
    alike = dict.fromkeys(names.values(), 0.0)
    for name, owner in names.items():
        alike[owner] = max(alike[owner], likeness(heard, name))
    ranked = sorted(alike, key=alike.__getitem__, reverse=True)
    if not ranked or not alike[ranked[0]]:
        return None
    second = alike[ranked[1]] if len(ranked) > 1 else 0.0
    return ranked[0] if alike[ranked[0]] - second >= _APART else None


def likeness(one: str, other: str) -> float:
    """Return how alike two names sound, 0 … 1; 0 where nobody would take one for the other.

    Words that both have tell nothing: "morning stretch" is no "evening stretch".
    """
    mine, its = one.casefold().split(), other.casefold().split()
    rest = " ".join(word for word in mine if word not in its)
    of_it = " ".join(word for word in its if word not in mine)
    if not (rest or of_it):
        return 1.0
    sound = _ratio(_consonants(rest), _consonants(of_it))
    spelt = _ratio("".join(mine), "".join(its))
    return (sound + spelt) / 2 if sound >= _LEAST_SOUND and spelt >= _LEAST_SPELT else 0.0


def _consonants(name: str) -> str:
    for spelling, sound in _SOUNDS:
        name = re.sub(spelling, sound, name)
    return name


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, False).ratio() if one and other else 0.0
