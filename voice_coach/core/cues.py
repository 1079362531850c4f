"""What a plan is made of: cues that are said and counted, and the marks within a count.

Owns their shape; must not know in which order they come (`plan.py`), nor the present time.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from voice_coach.core.routine import Breath, Side
from voice_coach.units import Samples, to_samples


class CueKind(StrEnum):
    """What a cue is for."""

    WELCOME = "welcome"
    INTRODUCE = "introduce"
    GET_READY = "get ready"
    MOVE = "move"
    REST = "rest"
    FINISH = "finish"


class MarkKind(StrEnum):
    """What falls due in the middle of a step."""

    BREATH = "breath"
    REMINDER = "reminder"
    HALFWAY = "halfway"
    COUNTDOWN = "countdown"
    LEAD_IN = "lead in"


class Signal(StrEnum):
    """A short sound: in the place of words, for who wants to hear little, or where words would be
    too much for anybody."""

    BEGIN = "begin"
    END = "end"
    REST = "rest"
    SWITCH_SIDES = "switch sides"
    HALFWAY = "halfway"
    COUNTDOWN = "countdown"
    LEAD_IN = "lead in"
    """A soft tick: what follows comes in as many seconds as there are ticks."""
    LISTENING = "listening"
    """The coach has come alive, and hears."""
    PARDON = "pardon"
    """Somebody has spoken to the coach, and was not understood."""


class BreathTone(StrEnum):
    """A tone as long as a part of a breath, which leads it."""

    RISE = "rise"
    """The breath goes in."""
    HIGH = "high"
    """It is held."""
    FALL = "fall"
    """It goes out."""
    LOW = "low"
    """It rests."""


@dataclass(frozen=True)
class Mark:
    """Words, a signal or a tone that falls due while a step is counted."""

    left: Samples
    """Due when this much of the step is left."""
    text: str
    """What is said; nothing if a tone alone leads."""
    kind: MarkKind
    breath: Breath | None = None
    """The breath that begins here, for the eye."""
    tone: BreathTone | None = None
    length: Samples = 0
    """How long the tone lasts."""
    signal: Signal | None = None
    """Sounds in place of the words."""


@dataclass(frozen=True)
class BreathWords:
    """What is said at each part of a prompted breath; nothing where tones alone lead it."""

    inhale: str = ""
    hold: str = ""
    exhale: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Rhythm:
    """The parts of a prompted breath in samples, and what leads it."""

    inhale: Samples
    hold: Samples
    exhale: Samples
    rest: Samples
    words: BreathWords = BreathWords()
    tones: bool = False
    counted: bool = False
    """Whether a number of breaths is to be done, however long they take."""

    @property
    def cycle(self) -> Samples:
        """Length of a whole breath."""
        return self.inhale + self.hold + self.exhale + self.rest


@dataclass(frozen=True)
class Cue:
    """One thing to say, and the time that is then counted."""

    kind: CueKind
    exercise: int
    """Index of the exercise in the routine."""
    text: str
    count: Samples
    """How long it lasts, from the end of the words, or from their start if `with_words`."""
    with_words: bool = False
    """The movement goes along with the words: a breath in or out."""
    timed: bool = False
    """It lasts just as long as it counts, from its first word on, whatever is said in it."""
    breath: Breath = Breath.NATURAL
    tone: BreathTone | None = None
    """Sounds from the first word on, as long as the count."""
    side: Side | None = None
    repetition: int = 0
    """Counted from 1; 0 outside of repetitions, and in a closing block."""
    repetitions: int = 0
    through: int = 0
    """The same, counted through all sets and directions."""
    set: int = 0
    """Counted from 1; 0 where there are no sets."""
    sets: int = 0
    marks: tuple[Mark, ...] = ()
    """In the order in which they fall due."""
    rhythm: Rhythm | None = None
    """Of the breaths that are prompted in it, if any are."""
    may_extend: bool = False
    """Whether "more time" can lengthen it."""
    waits: bool = False
    """It is not counted: it ends when the user is ready."""
    until_done: bool = False
    """It is counted for very long: it ends when the user says "done"."""
    praise: str = ""
    """Said before the text if what came before was done to its end."""
    signal: Signal | None = None
    """Sounds in place of the words."""
    tempo: float = 1.0
    """How fast the words are spoken."""
    measured: Samples | None = None
    """Exact length of the words, once they have been rendered."""

    @property
    def words(self) -> str:
        """All that is said if nobody interrupts; nothing where a signal sounds."""
        return "" if self.signal else f"{self.praise} {self.text}".strip()

    @property
    def words_length(self) -> Samples:
        """Length of `words`: exact if measured, else estimated."""
        if self.measured is not None:
            return self.measured
        return round(speech_length(self.words) / self.tempo) if self.words else SIGNAL_LENGTH

    @property
    def begun_anew(self) -> bool:
        """Whether it is a movement that is begun anew when it was interrupted."""
        short = self.timed and self.count <= LONGEST_MOVEMENT
        return self.with_words or (short and self.kind is CueKind.MOVE)

    @property
    def length(self) -> Samples:
        """Time from the first word to the next cue; a guess where the user says when it ends."""
        if self.timed:
            return self.count
        words = self.words_length
        if self.until_done:
            return words + min(self.count, UNTIL_DONE)
        if self.with_words:
            return max(words + BEAT, self.count)
        at_once = self.marks and self.marks[0].left >= self.count
        return words + (BEAT if at_once else 0) + self.count


BEAT = to_samples(0.02)
"""Time from the end of words to what follows at once: it can only be known when a block of
sound is over, and shall still begin at a sample that was foretold."""
LONGEST_MOVEMENT = to_samples(10)
"""What lasts longer is work or a hold, of which one does the rest after an interruption."""
UNTIL_DONE = to_samples(30)
"""About how long it takes until somebody says "done"."""
SIGNAL_LENGTH = to_samples(0.5)
"""About how long a signal sounds."""


_INNER_PAUSE = re.compile(r"[.!?:,](?=\s)")


def longest_speech(text: str) -> Samples:
    """Estimate how long `text` takes to say at tempo 1 at most, with the pauses between sentences.

    Of a hundred texts of movements in time one took longer, by 10 ms, in the calmest voice.
    """
    pauses = len(_INNER_PAUSE.findall(text))
    return round(1.15 * speech_length(text)) + pauses * to_samples(0.6) + to_samples(0.05)


def speech_length(text: str) -> Samples:
    """Estimate how long `text` takes to say at tempo 1: about 150 words a minute."""
    return to_samples(0.25 + 0.064 * len(text))
