"""Whether a routine's name can be told by ear from everything else that may be said.

Owns what makes two names, or a name and a command, the same sentence; must not know files, nor
what is done about it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final

from voice_coach.core.intents import Commands, Intent
from voice_coach.core.likeness import likeness
from voice_coach.core.templates import spoken

ROUTINE = "routine"
"""The list of the templates that names of routines fill."""


@dataclass(frozen=True)
class Clash:
    """What would mean two things."""

    sentence: str
    """A command that would start the routine instead; "" where the name is that of another."""
    owner: str = ""
    """The routine that has the name already."""


@dataclass
class Names:
    """Names that are in use; each new one is held against them and against all commands."""

    commands: Commands
    """What may be said where there is no routine at all."""
    _owners: dict[str, str] = field(default_factory=dict)
    """Each name as it is said, with the routine that it starts."""

    def clash(self, name: str, owner: str) -> Clash | None:
        """Return what `name` of `owner` would be taken for, or take over, if anything.

        One name may be the end of another: the longer one counts where it is said.
        """
        if self._owners.get(name.casefold(), owner) != owner:
            return Clash("", self._owners[name.casefold()])
        # One that a command goes on from is heard in its place as easily.
        sentence = next(self.commands.taken_over(ROUTINE, name), None)
        return None if sentence is None else Clash(sentence)

    def use(self, name: str, owner: str) -> None:
        """Let `name` start the routine that is called `owner` from now on."""
        self._owners.setdefault(name.casefold(), owner)


def as_asked(intent: Intent, said: str, written: str, nameless: Collection[str]) -> Intent:
    """Return `intent` as far as it is sure which routine was asked for.

    `said` are the words that were understood, `written` what a free reading of the same sound
    wrote down, "" if there is none. Where that has words that no understood ones sound like,
    other than the `nameless` ones, which ask for nothing, a routine was asked for that there is
    not: none may begin in its place, and least of all the one that is meant when none is named.
    Where the name stands in both, only a word that was left out tells of another. A reading that
    shares no word with what was understood heard something else altogether, and tells nothing.
    """
    words, its = said.split(), spoken(written).split()
    if intent.name != "start" or not set(words) & set(its) - set(nameless):
        return intent
    name = str(intent.slots.get("routine", "")).casefold().split()
    sure = bool(name) and set(name) <= set(words) & set(its)
    if _misread(words, its, name, nameless):
        return intent
    run = 1 if len(name) >= _WORDS else _RUN
    unheard = list(_unheard(words, its, sure=sure, run=run))
    missed = " ".join(word for word in unheard if word not in nameless)
    most = max(map(len, missed.split()), default=0)
    # Where all else was written as it was understood, a word in the place of the name is another
    # one, however short: "net" for "back".
    alone = bool(name) and not sure and _but_one(words, its)
    return Intent("start", {"unknown": missed}) if most >= (1 if alone else _WORD) else intent


_WORD: Final = 4
"""Letters from which on a word that was not understood is one of a name."""
_ALIKE: Final = 0.5
"""How alike the letters of words are at most that do not sound the same."""
_RUN: Final = 2
"""Letters in a row that tell of the same sound; in short names single ones are there by chance."""
_WHOLE: Final = 0.6
"""How alike a long name and what was written are at least, where a word of it was misheard …"""
_PART: Final = 0.25
"""… and that word and the written one more than so: "sun" and "some", not "hip" and "gentle"."""


def _misread(
    said: Sequence[str], written: Sequence[str], name: Sequence[str], nameless: Collection[str]
) -> bool:
    """Return whether the free reading is `name` with some of its words misspelled."""
    if len(name) < _WORDS:
        return False
    carrier = {word for word in said if word not in name} | set(nameless)
    its = [word for word in written if word not in carrier]
    if _alike(name, its) < _WHOLE:
        return False
    changes = SequenceMatcher(None, said, written, False).get_opcodes()
    unlike = (_alike(said[a:b], written[c:d]) for kind, a, b, c, d in changes if kind == "replace")
    added = (set(written[c:d]) - set(nameless) for kind, _, _, c, d in changes if kind == "insert")
    return all(each > _PART for each in unlike) and not any(added)


_WORDS: Final = 2
"""Words of a name from which on the others tell what a misheard one was."""


def _alike(one: Sequence[str], other: Sequence[str], run: int = 1) -> float:
    """Return the share, 0 … 1, of letters that both have in order, `run` or more in a row."""
    mine, its = "".join(one), "".join(other)
    blocks = SequenceMatcher(None, mine, its, False).get_matching_blocks()
    same = sum(block.size for block in blocks if block.size >= run)
    return 2 * same / max(1, len(mine) + len(its))


def _but_one(said: Sequence[str], written: Sequence[str]) -> bool:
    """Whether one word stands in the place of one other, and all else is the same."""
    changes = SequenceMatcher(None, said, written, False).get_opcodes()
    other = [(kind, b - a, d - c) for kind, a, b, c, d in changes if kind != "equal"]
    return other == [("replace", 1, 1)]


def _unheard(said: Sequence[str], written: Sequence[str], *, sure: bool, run: int) -> Iterator[str]:
    """Yield the words of `written` that none in their place of `said` look or sound like.

    Letters count where `run` or more in a row are the same.

    If it is `sure` what was asked for, other words in the place of understood ones are misheard.
    """
    for kind, a, b, c, d in SequenceMatcher(None, said, written, False).get_opcodes():
        mine, its = said[a:b], written[c:d]
        if kind == "equal" or (kind == "replace" and (sure or _is_like(mine, its, run))):
            continue
        yield from (w for w in its if not any(_is_like([each], [w], run) for each in said))


def _is_like(mine: Sequence[str], its: Sequence[str], run: int) -> bool:
    return _alike(mine, its, run) > _ALIKE or likeness(" ".join(mine), " ".join(its)) > 0
