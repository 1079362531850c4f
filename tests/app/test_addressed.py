"""Speech to the coach, told from talk: by its length, its level, and who speaks around it."""

import numpy as np
import pytest

from voice_coach.app.addressed import OFTEN, Addressed, Attempt
from voice_coach.audio.pcm import Pcm, decibels, silence
from voice_coach.hearing.decision import Decision, Segment
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.units import BLOCK, Samples, to_samples

ROOM_DB = -60.0


class Room:
    """A room in which somebody speaks now and then; what is found is kept with its time."""

    def __init__(self) -> None:
        self.addressed = Addressed()
        self.now: Samples = 0
        self.found: list[Attempt] = []
        self.wait(5)

    def sound(self, seconds: float, db: float, *, played: bool = False) -> None:
        for _ in range(round(to_samples(seconds) / BLOCK)):
            self.addressed.hear(noise(db), noise(-20.0) if played else silence(BLOCK))
            self.now += BLOCK

    def wait(self, seconds: float) -> None:
        """Let time pass in which nobody speaks."""
        for _ in range(round(seconds * 10)):
            self.sound(0.1, ROOM_DB)
            self.found += self.addressed.attempts(speaking=False)

    def say(
        self, seconds: float = 0.8, db: float = -35.0, text: str = "", *, accepted: bool = False,
        played: bool = False, own_voice: float = 0.0,
    ) -> None:  # fmt: skip
        start = self.now
        self.sound(seconds, db, played=played)
        end = self.now
        self.sound(0.3, ROOM_DB)
        segment = Segment(start, start, end, end - start, self.now, own_voice)
        hypothesis = Hypothesis(text, 0.3)
        self.addressed.decided(Decision(segment, hypothesis, accepted, "so it was decided"))
        self.found += self.addressed.attempts(speaking=False)


def noise(db: float) -> Pcm:
    """Return a block of this level."""
    return np.resize(np.array([1, -1], dtype=np.float32), BLOCK) * np.float32(decibels(db))


@pytest.fixture
def room() -> Room:
    """A quiet one."""
    return Room()


def test_who_speaks_up_alone_is_answered_when_it_has_been_quiet(room: Room) -> None:
    start = room.now
    room.say(text="pause")
    assert room.found == []
    room.wait(1.5)
    (attempt,) = room.found
    assert (attempt.start, attempt.end) == (start, start + to_samples(0.8))
    assert attempt.written == "pause"
    assert attempt.reason == "something like “pause”, not sure; say it again, or say help"
    room.wait(5)
    assert len(room.found) == 1


def test_what_is_like_nothing_is_named_so(room: Room) -> None:
    room.say()
    room.wait(1.5)
    assert room.found[0].reason == "something, not sure; say it again, or say help"


def test_nothing_is_told_while_somebody_speaks(room: Room) -> None:
    room.say()
    room.sound(2, -35.0)
    assert room.addressed.attempts(speaking=True) == []


@pytest.mark.parametrize(
    "said",
    [
        {"seconds": 0.1},
        {"seconds": 4.5},
        {"db": -50.0},
        {"own_voice": 0.8},
        {"played": True, "own_voice": 0.4},
    ],
    ids=["a knock", "a speech", "far away", "the coach itself", "beneath the coach's words"],
)
def test_what_is_not_for_the_coach(room: Room, said: dict[str, float]) -> None:
    room.say(**said)  # type: ignore[arg-type]
    room.wait(3)
    assert room.found == []


def test_who_breaks_in_is_answered(room: Room) -> None:
    room.say(played=True, own_voice=0.1)
    room.wait(1.5)
    assert len(room.found) == 1


def test_who_tries_again_is_answered_each_time(room: Room) -> None:
    for _ in range(2):
        room.say()
        room.wait(1.5)
    assert len(room.found) == 2
    room.say()
    room.wait(1.5)
    assert len(room.found) == 3


def test_a_conversation_is_left_alone(room: Room) -> None:
    for _ in range(6):
        room.say(1.5)
        room.wait(0.4)
    room.wait(2)
    assert room.found == []
    room.wait(40)
    room.say()
    room.wait(1.5)
    assert len(room.found) == 1  # it was over


def test_somebody_on_the_telephone_is_left_alone_after_a_while(room: Room) -> None:
    for _ in range(12):
        room.say(2.0)
        room.wait(4)
    assert len(room.found) == OFTEN
    room.wait(40)
    room.say()
    room.wait(1.5)
    assert len(room.found) == OFTEN + 1


def test_an_answer_from_across_the_room_makes_a_conversation(room: Room) -> None:
    room.say()
    room.wait(0.5)
    room.say(db=-52.0)
    room.wait(4)
    assert room.found == []


def test_commands_tell_how_loud_the_user_is(room: Room) -> None:
    """After a command by a loud user, somebody in the background is not taken for them."""
    room.say(db=-40.0)
    room.wait(4)
    assert len(room.found) == 1
    room.say(db=-20.0, text="pause", accepted=True)
    room.wait(4)
    room.say(db=-40.0)
    room.wait(4)
    assert len(room.found) == 1
    room.say(db=-30.0)
    room.wait(4)
    assert len(room.found) == 2


def test_an_attempt_and_the_command_that_came_of_it(room: Room) -> None:
    """Who is understood the second time need not be told of the first."""
    room.say()
    room.wait(0.3)
    room.say(text="pause", accepted=True)
    room.wait(4)
    assert room.found == []
