"""Runs a session on a clock of its own, with speech as long as the plan estimates it.

A transcript is a text file: what happens at which time, and what is expected of the coach.
    00:12 hear 'pause'          at that time of the session; what came before is not asked for
    +3 hear 'resume'            so many seconds after the line matched last
    +3 touch 'resume'           the same on a page or a key, in place of a voice
    +3 unheard                  somebody speaks to the coach, and is not understood
    +3 mean start routine 'back'    a command in other words than are heard there, with its slot
    begin 'cobra' in 'back'     jump to the heading of an exercise
    say 'Paused…'               the very next thing said; … stands for anything
    later say 'Halfway.'        the same, after anything else
    hold 20 s                   the cue before the next one was counted so long after its words
    with 5 s                    the cue before took so long from its first word on
    silence                     the sound was stopped before what is said next
    sound 'begin'               a signal, in place of words
    tick 'lead in'              before something begins; not asked for unless it stands there
    tone rise 4 s               a tone that leads the breath; not asked for unless it stands there
    note hurt cobra             what the journal keeps, likewise
    prefer breath tones         how the user likes to be led, from the start
    remember first              there was no session before; or hurt 'cobra' in 'back', or
    remember ungreeted          nothing was said for an hour; or led 3 times through 'back', or
    remember place 'leg reach' 2 right in 'back', where a session was cut off
    open                        the coach comes alive
    mode paused                 the mode after all lines matched so far
    side left, repetition 2 of 3, volume -4 dB, quiet 60 s, prefers verbosity brief
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from voice_coach.core.cues import SIGNAL_LENGTH, CueKind, Signal, speech_length
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.notes import kind_and_details
from voice_coach.core.preferences import Preferences
from voice_coach.core.session import advance
from voice_coach.core.state import (
    Action,
    Chime,
    Event,
    Give,
    Heard,
    Opened,
    Place,
    Progress,
    Role,
    Say,
    SetVolume,
    Silence,
    Spoken,
    State,
    TimeUp,
    Tone,
    Unheard,
)
from voice_coach.core.transitions import jump, laid_out
from voice_coach.units import SAMPLE_RATE, Samples, to_samples, to_seconds

_EXPECTED = r"(later )?(say|sound|hold|with|silence|tone|tick|note) ?'?(.*?)'?"
_ASIDE = ("silence", "tone", "tick", "note")
"""What a transcript need not mention."""


@dataclass(frozen=True)
class Entry:
    """One thing that the coach did."""

    at: Samples
    kind: str
    text: str
    state: State


class Simulation:
    """A session, its clock, and the log of what it did."""

    def __init__(self, state: State, commands: Commands) -> None:
        self.state = state
        self.now: Samples = 0
        self.log: list[Entry] = []
        self.volume_db = 0.0
        self.state = replace(state, voices=("one", "two"))
        self._commands = commands
        self._speaking: list[tuple[Samples, int]] = []
        self._words_end: Samples = 0

    def hear(self, text: str, *, by_hand: bool = False) -> None:
        """Let the user say `text` now; it must be a command of the present grammar.

        `by_hand`: let them touch a button that means the same.
        """
        intent = self._commands.match(text, self.state.listening)
        assert intent is not None, f"'{text}' cannot be heard while {self.state.mode}"
        self.command(intent, by_hand=by_hand)

    def command(self, intent: Intent, *, by_hand: bool = False) -> None:
        """Give a command now, whether or not it can be heard."""
        self._advance(Heard(intent, by_hand), self.now)

    def miss(self) -> None:
        """Let somebody speak to the coach now who is not understood."""
        self._advance(Unheard(), self.now)

    def restore(self, other: "Simulation") -> None:
        """Stand where `other` does, with a log of its own."""
        self.state, self.now = other.state, other.now
        self._speaking = list(other._speaking)
        self._words_end = other._words_end

    def take(self, before: State, event: Event, actions: tuple[Action, ...]) -> None:
        """Look at what `event` led to; nothing by itself."""

    def begin(self, routine: str, exercise: str) -> None:
        """Stand at the heading of an exercise."""
        chosen = next(r for r in self.state.routines if r.name.casefold() == routine.casefold())
        names = [e.name.casefold() for e in chosen.exercises]
        hurt = frozenset(
            i for i, e in enumerate(chosen.exercises)
            if (chosen.name, e.name) in self.state.memory.hurt
        )  # fmt: skip
        state = replace(
            self.state,
            shifts=dict.fromkeys(hurt, -1),
            told=hurt,
            arrival=None,
            progress=Progress(began=self.now),
        )
        plan = laid_out(state, chosen)
        heading = plan.heading_of(names.index(exercise.casefold()))
        self.state, actions = jump(replace(state, plan=plan), heading, self.now)
        self._perform(actions)

    def open(self) -> None:
        """Come alive, with what is remembered."""
        self._advance(Opened(), self.now)

    def next_event(self) -> Samples | None:
        """When something happens by itself, if at all."""
        times = [at for at, _ in self._speaking]
        return min(
            [*times, *([self.state.due] if self.state.due is not None else [])], default=None
        )

    def run_until(self, end: Samples) -> None:
        """Let everything happen that is due up to and including `end`."""
        while (at := self.next_event()) is not None and at <= end:
            self._happen(at)
        self.now = max(self.now, end)

    def step(self) -> bool:
        """Let the next thing happen; False if nothing will."""
        at = self.next_event()
        if at is None:
            return False
        self._happen(at)
        return True

    def _happen(self, at: Samples) -> None:
        self.now = max(self.now, at)
        if self._speaking and self._speaking[0][0] == at:
            _, utterance = self._speaking.pop(0)
            if utterance == self.state.utterance and self.state.on_air is Role.CUE:
                self._words_end = at
            self._advance(Spoken(utterance), at)
        else:
            self._advance(TimeUp(), at)

    def _advance(self, event: Event, now: Samples) -> None:
        before = self.state
        self.state, actions = advance(before, event, now)
        moved_on = before.plan is not None and (
            self.state.plan is not before.plan or self.state.index != before.index
        )
        if moved_on and before.ends is not None and before.cue.kind is not CueKind.FINISH:
            start = before.said_at if before.cue.with_words else self._words_end
            kind = "with" if before.cue.with_words else "hold"
            length = to_seconds(now - start)
            self.log.append(Entry(now, kind, f"{length:g} s", self.state))
        self._perform(actions)
        self.take(before, event, actions)

    def _perform(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            match action:
                case Say(utterance, text, at):
                    assert all(end <= at for end, _ in self._speaking), f"'{text}' would overlap"
                    self._speaking.append((at + speech_length(text), utterance))
                    self.log.append(Entry(at, "say", text, self.state))
                case Give(utterance, signal, at):
                    assert not self._speaking, f"'{signal}' would overlap speech"
                    self._speaking = [(at + SIGNAL_LENGTH, utterance)]
                    kind = "tick" if signal is Signal.LEAD_IN else "sound"
                    self.log.append(Entry(at, kind, signal, self.state))
                case Chime(signal, at):
                    self.log.append(Entry(at, "sound", signal, self.state))
                case Tone(tone, at, length):
                    text = f"{tone} {to_seconds(length):g} s"
                    self.log.append(Entry(at, "tone", text, self.state))
                case Silence():
                    self._speaking = []
                    self.log.append(Entry(self.now, "silence", "", self.state))
                case SetVolume(db):
                    self.volume_db = db
                case note:
                    kind, details = kind_and_details(note)
                    told = (details.get("name"), details.get("value"), details.get("when"))
                    text = " ".join(str(each) for each in (kind, *told) if each is not None)
                    self.log.append(Entry(self.now, "note", text.casefold(), self.state))


class Transcript:
    """Plays a transcript against a simulation, line by line."""

    def __init__(self, path: Path, simulation: Simulation) -> None:
        self.path = path
        self.simulation = simulation
        self._read = 0
        self._last: Samples = 0

    def play(self) -> None:
        """Raise AssertionError at the first line that does not hold."""
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            text = line.split("#")[0].strip()
            if text:
                try:
                    self._line(text)
                except AssertionError as wrong:
                    raise AssertionError(f"{self.path.name}:{number}: {text}\n  {wrong}") from None

    def _line(self, line: str) -> None:
        simulation = self.simulation
        if found := re.fullmatch(r"(\d+):(\d+(?:\.\d+)?) hear ['\"](.*)['\"]", line):
            self._hear(to_samples(int(found[1]) * 60 + float(found[2])), found[3])
        elif found := re.fullmatch(r"\+(\d+(?:\.\d+)?) (hear|touch) ['\"](.*)['\"]", line):
            at = self._last + to_samples(float(found[1]))
            self._hear(at, found[3], by_hand=found[2] == "touch")
        elif found := re.fullmatch(r"\+(\d+(?:\.\d+)?) unheard", line):
            self._until(self._last + to_samples(float(found[1])))
            simulation.miss()
        elif found := re.fullmatch(r"\+(\d+(?:\.\d+)?) mean (\w+)(?: (\w+) '(.*)')?", line):
            value = found[4] and (float(found[4]) if found[4].isdigit() else found[4])
            slots = {found[3]: value} if found[3] else {}
            self._until(self._last + to_samples(float(found[1])))
            simulation.command(Intent(found[2], slots))
        elif found := re.fullmatch(r"begin '(.*)' in '(.*)'", line):
            simulation.begin(found[2], found[1])
        elif found := re.fullmatch(_EXPECTED, line):
            self._expect(found[2], found[3], skip=bool(found[1]))
        elif found := re.fullmatch(r"quiet (\d+) s", line):
            self._quiet(to_samples(int(found[1])))
        elif line == "open":
            simulation.open()
        elif found := re.fullmatch(r"(prefer|remember) (\w+) ?(.*)", line):
            simulation.state = (_preferring if found[1] == "prefer" else _remembering)(
                simulation.state, found[2], found[3]
            )
        else:
            self._check(line)

    def _hear(self, at: Samples, text: str, *, by_hand: bool = False) -> None:
        self._until(at)
        self.simulation.hear(text, by_hand=by_hand)

    def _until(self, at: Samples) -> None:
        assert at >= self.simulation.now, f"it is {to_seconds(self.simulation.now):.2f} s already"
        self.simulation.run_until(at)
        self._last = at
        self._read = len(self.simulation.log)

    def _next(self) -> Entry | None:
        while self._read >= len(self.simulation.log):
            if not self.simulation.step():
                return None
        self._read += 1
        return self.simulation.log[self._read - 1]

    def _expect(self, kind: str, text: str, *, skip: bool) -> None:
        while (entry := self._next()) is not None:
            if entry.kind == kind and _alike(text, entry.text):
                self._last = entry.at
                return
            if entry.kind in _ASIDE and kind != entry.kind:
                continue
            if kind in ("say", "sound") and entry.kind in ("hold", "with") and not skip:
                continue
            at = f"{to_seconds(entry.at):.2f} s"
            assert skip, f"at {at} came: {entry.kind} '{entry.text}'"
        raise AssertionError("nothing more came")

    def _quiet(self, length: Samples) -> None:
        last = self._to_be_heard()
        assert not last, f"came: {last[0].text}"
        end = self.simulation.now + length
        self.simulation.run_until(end)
        more = self._to_be_heard()
        assert not more, f"came at {more[0].at / SAMPLE_RATE:.2f} s: {more[0].text}"

    def _to_be_heard(self) -> list[Entry]:
        return [each for each in self.simulation.log[self._read :] if each.kind not in _ASIDE]

    def _check(self, line: str) -> None:
        unread = self._read < len(self.simulation.log)
        state = self.simulation.log[self._read - 1].state if unread else self.simulation.state
        key, _, wanted = line.partition(" ")
        match key:
            case "mode":
                assert state.mode == wanted, f"the mode is {state.mode}"
            case "side":
                assert state.cue.side == wanted, f"the side is {state.cue.side}"
            case "repetition":
                found = f"{state.cue.repetition} of {state.cue.repetitions}"
                assert found == wanted, f"the repetition is {found}"
            case "prefers":
                preference, value = wanted.split()
                found = str(getattr(state.preferences, preference))
                assert found == value, f"it is {found}"
            case "volume":
                found = f"{self.simulation.volume_db:g} dB"
                assert found == wanted, f"the volume is {found}"
            case _:
                raise AssertionError("a line that no rule of transcripts reads")


def _alike(wanted: str, found: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
    return re.fullmatch(pattern, found) is not None


def _preferring(state: State, key: str, value: str) -> State:
    kind = type(getattr(Preferences(), key))
    typed = value == "yes" if kind is bool else int(value) if value.isdigit() else kind(value)
    return replace(state, preferences=replace(state.preferences, **{key: typed}))


def _remembering(state: State, kind: str, what: str) -> State:
    memory = state.memory
    if kind == "first":
        return replace(state, memory=replace(memory, sessions=0))
    if kind == "ungreeted":
        return replace(state, memory=replace(memory, greeted=False))
    if kind == "led":
        known = re.fullmatch(r"(\d+) times through '(.*)'", what)
        assert known, "expected: led 3 times through 'routine'"
        name = next(r.name for r in state.routines if r.name.casefold() == known[2])
        return replace(state, memory=replace(memory, led={name: int(known[1])}))
    found = re.fullmatch(r"'(.*?)'(?: (\d+))?(?: (left|right))? in '(.*)'", what)
    assert found, "expected: 'exercise' [repetition] [side] in 'routine'"
    routine = next(r for r in state.routines if r.name.casefold() == found[4])
    names = [exercise.name for exercise in routine.exercises]
    index = [name.casefold() for name in names].index(found[1])
    if kind == "hurt":
        return replace(
            state, memory=replace(memory, hurt=frozenset({(routine.name, names[index])}))
        )
    place = Place(routine.name, index, names[index], int(found[2] or 0), found[3])
    return replace(state, memory=replace(memory, place=place))
