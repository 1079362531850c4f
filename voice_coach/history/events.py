"""What happened in a session, event by event, and what the session comes to.

Owns the form of an event and the sum over events; must not know where they are kept.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from voice_coach.units import Samples

Row = tuple[int, int, int, str, int, int, str, str, int]
"""An event as the database keeps it: its fields in their order, and a checksum of them."""

FINISHED: Final = "finished"
ENDS: Final = (FINISHED, "stopped", "left", "discarded")
"""Kinds that end a session. The last one is the journal's own: a session that was cut off will
not be continued."""
OPEN: Final = ("", "left")
"""Endings after which a session may be continued."""
_MOST_SHIFTED: Final = 10
"""Variants that an exercise may be away from the usual one."""
EASIER, HARDER = "easier", "harder"
"""Levels of an exercise that is not done as usual; several steps away it is "harder by 2"."""
_MOVING: Final = ("started", "continued", "resumed", "cue")
"""Kinds from which on time is spent in the session, whatever was before."""


@dataclass(frozen=True)
class JournalEvent:
    """One thing that happened."""

    number: int
    """Counted from 1, without gaps; the only order that counts."""
    session: int
    """Number of its session; 0 outside of sessions."""
    run: int
    """Number of the process that wrote it; every run has a sample clock of its own."""
    time: str
    """UTC in ISO 8601, as the clock of the machine showed it."""
    utc_offset: int
    """Seconds by which local time was ahead."""
    at: Samples
    kind: str
    details: Mapping[str, Any]

    def to_row(self) -> Row:
        """Return the event as the database keeps it."""
        details = json.dumps(dict(self.details), separators=(",", ":"), default=str)
        plain = (self.number, self.session, self.run, self.time, self.utc_offset, self.at)
        return *plain, self.kind, details, crc32((*plain, self.kind, details))

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Return the event that `row` keeps; ValueError if the details are not whole."""
        details = json.loads(row[7])
        if not isinstance(details, dict):
            raise ValueError(f"no details of an event: {row[7]}")
        return cls(*row[:7], details)

    @property
    def exercise(self) -> str:
        """Index of the exercise that it is about, as the sums know it; "None" if of none."""
        return str(self.details.get("exercise"))

    @property
    def name(self) -> str:
        """Name of the exercise that it is about, if any."""
        return str(self.details.get("name") or "")


def crc32(values: tuple[object, ...]) -> int:
    """Return the CRC-32 of the fields of an event, by which a damaged one is known."""
    return zlib.crc32("\x1f".join(map(str, values)).encode(errors="replace"))


@dataclass
class Tally:
    """What one session comes to, up to the last event that was taken."""

    number: int
    first: int = 0
    """Number of its first event."""
    routine: str = ""
    began: str = ""
    """UTC in ISO 8601."""
    utc_offset: int = 0
    last: str = ""
    """UTC of the last event."""
    samples: Samples = 0
    """Time spent in it, pauses left out."""
    planned: int = 0
    """How many exercises its routine has."""
    run: int = 0
    since: Samples | None = None
    """Up to where time is counted in this run; None while none is spent."""
    done: dict[str, str] = field(default_factory=dict)
    """Names of exercises by their index."""
    skipped: dict[str, str] = field(default_factory=dict)
    hurt: dict[str, str] = field(default_factory=dict)
    eased: list[str] = field(default_factory=list)
    shifts: dict[str, int] = field(default_factory=dict)
    """By the name of an exercise how many steps harder than usual it is done, or easier."""
    question: str = ""
    """What was asked before and after, to be answered from 0 to 10; empty if that was not kept."""
    prescribed: list[str] = field(default_factory=list)
    """What the routine asks for, in words, one for each exercise; empty if that was not kept."""
    repetitions: dict[str, int] = field(default_factory=dict)
    """The last repetition that was begun, or as many as the user told, by index of the exercise."""
    begun: dict[str, str] = field(default_factory=dict)
    """Names of the exercises of which a repetition was begun."""
    levels: dict[str, str] = field(default_factory=dict)
    """How exercises were done, if not as usual, such as "easier", by their index."""
    pain_before: float | None = None
    """From 0 to 10, in halves."""
    pain_after: float | None = None
    ending: str = ""
    """One of ENDS, or nothing yet."""
    place: dict[str, Any] | None = None
    """Details of the last cue."""

    def take(self, event: JournalEvent) -> None:
        """Add the next event. After the end only what hurt still counts, unless it goes on."""
        self.last = event.time
        if not self.began:
            self.first, self.began = event.number, event.time
            self.utc_offset = event.utc_offset
        match event.kind:
            case "pain":
                self._feel(event.details)
            case "hurt":
                self.hurt.setdefault(event.exercise, event.name)
            case "discarded" if self.ending in OPEN:
                self.ending = "discarded"
            case moving if moving in _MOVING:
                self.ending = ""
        if not self.ending:
            self._spend(event)
            self._count(event)

    def to_json(self) -> str:
        """Return the tally as the database keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the tally that `to_json` made `text` of."""
        return cls(**json.loads(text))

    def _spend(self, event: JournalEvent) -> None:
        """Count by sample positions, which no change of the machine's clock can move."""
        if event.run != self.run:
            self.run, self.since = event.run, None
        if self.since is not None:
            self.samples += max(0, event.at - self.since)
            self.since = max(self.since, event.at)
        elif event.kind in _MOVING:
            self.since = event.at
        if event.kind == "paused" or event.kind in ENDS:
            self.since = None

    def _count(self, event: JournalEvent) -> None:
        """Add what counts only until the session has ended."""
        index, name = event.exercise, event.name
        match event.kind:
            case "started":
                self._begin(event.details)
            case "cue":
                self.place = dict(event.details)
                self._repeat(event, event.details.get("repetition"))
            case "counted":
                self._repeat(event, event.details.get("count"), told=True)
            case "done":
                self.skipped.pop(index, None)
                self.done.setdefault(index, name)
                self.begun.setdefault(index, name)
                self._level(event)
            case "partly":
                self.skipped.pop(index, None)
            case "skipped" if index not in self.done:
                self.skipped.setdefault(index, name)
            case "eased":
                if name not in self.eased:
                    self.eased.append(name)
                self.levels[index] = EASIER
            case "shifted":
                self._shift(event, event.details.get("shift"))
            case end if end in ENDS:
                self.ending = end

    def _shift(self, event: JournalEvent, shift: object) -> None:
        if isinstance(shift, int) and abs(shift) < _MOST_SHIFTED:
            self.shifts[event.name] = shift
            word = EASIER if shift < 0 else HARDER
            by = f" by {abs(shift)}" if abs(shift) > 1 else ""
            self.levels[event.exercise] = f"{word}{by}" if shift else ""

    def _begin(self, details: Mapping[str, Any]) -> None:
        self.routine = str(details.get("routine") or "")
        match details.get("exercises"):
            case [*names]:
                self.planned = len(names)
        self.question = str(details.get("question") or "")
        match details.get("prescribed"):
            case [*texts]:
                self.prescribed = [str(text) for text in texts]

    def _repeat(self, event: JournalEvent, number: object, *, told: bool = False) -> None:
        """Keep the last repetition that was begun; what the user told goes before."""
        if isinstance(number, int) and number > 0:
            index = event.exercise
            self.begun.setdefault(index, event.name)
            so_far = 0 if told else self.repetitions.get(index, 0)
            self.repetitions[index] = max(number, so_far)

    def _level(self, event: JournalEvent) -> None:
        """Correct the level by how the exercise was done in the end, where nothing else told it."""
        level = self.levels.get(event.exercise, "")
        was_easier = bool(event.details.get("easier"))
        if was_easier != level.startswith(EASIER):
            self.levels[event.exercise] = EASIER if was_easier else ""

    def _feel(self, details: Mapping[str, Any]) -> None:
        match details.get("value"):
            case (int() | float()) as value if 0 <= value <= 10 and (2 * value) % 1 == 0:
                if details.get("when") == "before":
                    self.pain_before = value
                else:
                    self.pain_after = value


@dataclass
class Hurts:
    """Which exercises of which routines hurt when they were last done."""

    sessions: dict[tuple[str, str], int] = field(default_factory=dict)
    """The last session in which it hurt, by routine and name of the exercise."""

    def take(self, event: JournalEvent, routine: str) -> None:
        """Add the next event, of a session of `routine`.

        Only the full exercise, done in a later session, shows that it does not hurt any more:
        one that hurt and was gone on with has hurt.
        """
        key = (routine, event.name)
        match event.kind:
            case "hurt" if event.name:
                self.sessions[key] = event.session
            case "done" if event.details.get("easier") is False:
                if self.sessions.get(key, event.session) < event.session:
                    del self.sessions[key]

    def of(self, routine: str) -> frozenset[str]:
        """Return the names of the exercises of `routine` that hurt."""
        return frozenset(name for about, name in self.sessions if about == routine)
