"""How the played and the recorded side are paired: bursts, holes and surpluses."""

import random
from collections.abc import Iterable

import numpy as np

from voice_coach.audio.blocks import Block, Counters, Join, Played, Recorded
from voice_coach.audio.pcm import Pcm, Sound
from voice_coach.units import BLOCK, to_frames


def filled(value: float) -> Pcm:
    """A block that can be told from others."""
    return np.full(BLOCK, value, dtype=np.float32)


def sounding(value: float) -> Sound:
    """A block for the loudspeaker that can be told from others."""
    return np.full(to_frames(BLOCK), value, dtype=np.float32)


def happening(letters: str) -> list[Played | Recorded]:
    """Turn "ppr" into two played blocks and a recorded one, numbered from 1 on each side."""
    events: list[Played | Recorded] = []
    played = recorded = 0
    for letter in letters:
        if letter in "px":
            events += [Played(sounding(played + 1), played * BLOCK)] if letter == "p" else []
            played += 1
        else:
            recorded += 1
            events.append(Recorded(filled(recorded)))
    return events


def joined(events: Iterable[Played | Recorded], counters: Counters | None = None) -> list[Block]:
    """Pair them, and check what always holds."""
    join = Join(counters or Counters())
    blocks = [block for event in events for block in join.add(event)]
    assert [block.position for block in blocks] == [BLOCK * i for i in range(len(blocks))]
    assert join.position == BLOCK * len(blocks)
    return blocks


def sides(blocks: list[Block]) -> list[tuple[int, int]]:
    """The numbers of (recorded, played) blocks; 0 is silence."""
    return [(int(block.mic[0]), int(block.sound[0])) for block in blocks]


def test_one_after_the_other() -> None:
    assert sides(joined(happening("prprpr"))) == [(1, 1), (2, 2), (3, 3)]


def test_played_sound_does_not_wait_for_a_microphone_that_is_starting() -> None:
    assert sides(joined(happening("pppprpr"))) == [(0, 1), (0, 2), (0, 3), (1, 4), (2, 5)]


def test_recorded_sound_before_the_first_played_has_no_time_and_is_left_out() -> None:
    assert sides(joined(happening("rrprpr"))) == [(3, 1), (4, 2)]


def test_bursts_are_no_holes() -> None:
    counters = Counters()
    blocks = joined(happening("pr" + "pppppprrrrrr" * 200), counters)
    assert all(mic == played for mic, played in sides(blocks))
    assert counters == Counters()


def test_a_lasting_offset_within_the_slack_is_left_alone() -> None:
    counters = Counters()
    joined(happening("pr" * 50 + "pp" + "pr" * 500), counters)
    assert counters == Counters()


def test_lost_recorded_sound_is_made_up_with_silence_within_two_seconds() -> None:
    counters = Counters()
    blocks = sides(joined(happening("pr" * 50 + "p" * 10 + "pr" * 200), counters))
    assert counters == Counters(filled=10)
    assert blocks[-1] == (250, 260)
    assert sum(mic == 0 for mic, _ in blocks) == 10


def test_a_loudspeaker_that_ran_dry_costs_as_much_recorded_sound() -> None:
    counters = Counters()
    blocks = sides(joined(happening("pr" * 50 + "r" * 10 + "pr" * 200), counters))
    assert counters == Counters(dropped=9)  # the tenth is within the slack
    assert blocks[-1] == (259, 250)


def test_a_dead_microphone_does_not_hold_the_clock() -> None:
    events = happening("pr" * 50 + "p" * 500)
    for end in range(50, len(events), 7):
        played = sum(isinstance(event, Played) for event in events[:end])
        assert len(joined(events[:end])) >= played - 31


def test_a_microphone_that_comes_back_is_heard_at_the_right_time_again() -> None:
    blocks = sides(joined(happening("pr" * 50 + "p" * 500 + "pr" * 300)))
    mic, played = blocks[-1]
    assert (mic, abs(played - mic - 500) <= 3) == (350, True)


def test_a_dead_loudspeaker_leaves_no_old_sound_behind() -> None:
    blocks = sides(joined(happening("pr" * 50 + "r" * 1_000 + "pr" * 300)))
    assert blocks[-1] == (1_349, 350)
    assert blocks[50][0] > 1_000


def test_positions_that_were_skipped_are_given_as_silence_on_both_sides() -> None:
    counters = Counters()
    blocks = sides(joined(happening("prpr" + "x" * 40 + "pr" * 150), counters))
    assert blocks[2] == (0, 0)
    assert blocks[-1] == (152, 192)
    assert counters.filled >= 40


def test_whatever_happens_every_position_comes_once_and_soon() -> None:
    for seed in range(50):
        chance = random.Random(seed)
        letters = "".join(
            chance.choice("prx") * chance.randrange(1, chance.choice([3, 10, 200]))
            for _ in range(chance.randrange(1, 60))
        )
        events = happening(letters)
        blocks = joined(events)
        last = max((e.position for e in events if isinstance(e, Played)), default=-BLOCK)
        assert len(blocks) >= last // BLOCK + 1 - 31
        assert len(blocks) <= last // BLOCK + 1
