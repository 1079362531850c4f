"""How the coach never says the same twice in a row: wordings that take turns.

Owns whose turn it is; must not know any wording, nor what it is for.
"""

from collections import Counter
from collections.abc import Sequence


class Turns:
    """Gives out wordings in turn: the same ones at every run that begins with the same number.

    Each group of wordings has turns of its own. Where there are two or more of them, the same one
    never comes twice in a row, not even where another group has it, too.
    """

    def __init__(self, first: int) -> None:
        """Begin with the wording of number `first`, counted from 0 and round and round."""
        self._first = first
        self._given: Counter[tuple[str, ...]] = Counter()
        self._latest = ""

    def next(self, wordings: Sequence[str]) -> str:
        """Return the wording whose turn it is; ValueError if there is none."""
        group = tuple(wordings)
        if not group:
            raise ValueError("no wording to choose from")
        turn = (self._first + self._given[group]) % len(group)
        if group[turn] == self._latest and len(group) > 1:
            turn = (turn + 1) % len(group)
            self._given[group] += 1
        self._given[group] += 1
        self._latest = group[turn]
        return self._latest
