"""Where segments begin and end, with a detector of loudness and a recogniser that takes notes;
then commands in streams of speech, with the real detector and the real embedded recogniser.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest

from tests.tools.speech import breath, room, said, spoken_in_room
from voice_coach.audio.pcm import Pcm, decibels, level_db, silence
from voice_coach.core.intents import Commands
from voice_coach.grammar import Grammar, minimised
from voice_coach.hearing.decision import Decision, Rules
from voice_coach.hearing.engines.combined import CombinedRecogniser
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.files import heard_in
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.hearing.vad import CHUNK
from voice_coach.library import read_commands, read_library
from voice_coach.units import Samples, to_samples

STOP = minimised("stop", {0: {"stop": 1}}, {1})
GO = minimised("go", {0: {"go": 1}}, {1})


class Loudness:
    """A detector that takes every loud sound for a voice."""

    def probability(self, chunk: Pcm) -> float:
        return 1.0 if level_db(chunk) > -40 else 0.0

    def reset(self) -> None:
        pass


class Notes:
    """A recogniser that hears the only word of its grammar wherever it is loud."""

    name = "notes"

    def __init__(self) -> None:
        self.utterances: list[Pcm] = []
        self.guesses = 0
        self.guessed: Hypothesis | None = None
        self.decisions: list[Decision] = []
        self._grammar = STOP

    def use(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def start(self) -> None:
        self.utterances.append(silence(0))

    def hear(self, samples: Pcm) -> str:
        self.utterances[-1] = np.concatenate([self.utterances[-1], samples])
        return ""

    def guess(self) -> Hypothesis | None:
        self.guesses += 1
        return self.guessed

    def finish(self) -> Hypothesis:
        loud = np.flatnonzero(np.abs(self.utterances[-1]) > 0.05)
        (word,) = self._grammar.words
        return Hypothesis(word, 1.0, (int(loud[0]), int(loud[-1]) + 1))

    def close(self) -> None:
        pass


def voice(seconds: float) -> Pcm:
    return np.resize(np.array([0.1, -0.1], dtype=np.float32), to_samples(seconds))


def stream(*parts: float | Pcm) -> Pcm:
    """Join sounds; a number is so many seconds of silence."""
    return np.concatenate([silence(to_samples(p)) if isinstance(p, float) else p for p in parts])


def fed(listener: Listener, sound: Pcm, block: Samples = 160) -> list[Transcript]:
    heard = []
    for start in range(0, len(sound), block):
        part = sound[start : start + block]
        heard += listener.process(part, silence(len(part)))
    return heard


def noting(grammar: Grammar = STOP, rules: Rules | None = None) -> tuple[Listener, Notes]:
    notes = Notes()
    listener = Listener(notes, Loudness(), watch=notes.decisions.append)
    listener.use(grammar, rules)
    return listener, notes


def test_positions_are_those_of_the_stream() -> None:
    listener, _ = noting()
    (heard,) = fed(listener, stream(1.024, voice(0.512), 1.024))
    assert (heard.text, heard.grammar) == ("stop", "stop")
    assert heard.start == to_samples(1.024)
    assert heard.end == to_samples(1.536)
    assert heard.decided == heard.end + Rules().hang_over


def test_the_recogniser_gets_half_a_second_of_lead_and_the_hang_over() -> None:
    listener, notes = noting()
    fed(listener, stream(2.048, voice(0.512), 1.024))
    lead = 16 * CHUNK
    assert len(notes.utterances[0]) == lead + to_samples(0.512) + Rules().hang_over


def test_silence_at_the_end_is_cut() -> None:
    listener, notes = noting(rules=Rules(hang_over=to_samples(2.048)))
    fed(listener, stream(1.024, voice(0.512), 3.0))
    (utterance,) = notes.utterances
    assert to_samples(0.4) < len(utterance) - np.flatnonzero(utterance)[-1] <= to_samples(0.5) + 1


def test_silence_between_words_is_kept() -> None:
    listener, notes = noting(rules=Rules(hang_over=to_samples(2.048), least_cover=0.0))
    fed(listener, stream(1.024, voice(0.512), 1.024, voice(0.512), 3.0))
    (utterance,) = notes.utterances
    loud = np.flatnonzero(utterance)
    assert loud[-1] - loud[0] + 1 == to_samples(0.512 + 1.024 + 0.512)


def talk(seconds: float, db: float = -36.0) -> Pcm:
    """Return a sound that is a voice to the detector of loudness."""
    noise = np.random.default_rng(1).standard_normal(to_samples(seconds), dtype=np.float32)
    return noise * np.float32(decibels(db))


def test_what_is_louder_than_the_talk_around_it_is_judged_alone() -> None:
    listener, notes = noting()
    sound = stream(0.512, talk(2.0), talk(0.5, -20), talk(1.0), 1.0)
    heard = fed(listener, sound)
    assert [each.text for each in heard if each.start < to_samples(3.0)] == ["stop"]
    assert heard[0].start == pytest.approx(to_samples(2.512), abs=to_samples(0.05))
    assert heard[0].end == pytest.approx(to_samples(3.012), abs=to_samples(0.05))
    assert heard[0].decided - heard[0].end < to_samples(0.3)
    alone = notes.utterances[1]
    assert np.flatnonzero(alone)[-1] - np.flatnonzero(alone)[0] < to_samples(0.65)
    other, _ = noting()
    assert fed(other, sound, 1000) == heard


def test_a_loud_part_that_is_no_command_leaves_the_rest_as_it_was() -> None:
    listener, notes = noting(rules=Rules(least_amid_talk=1.1, longest=to_samples(9)))
    fed(listener, stream(0.512, talk(2.0), talk(0.5, -20), talk(1.0), 1.0))
    whole, part, again = notes.utterances
    assert len(part) < len(whole) < len(again)
    np.testing.assert_array_equal(again[: len(whole)], whole)
    (refused,) = notes.decisions
    assert refused.segment.length > to_samples(3.4)


def test_what_was_obeyed_is_not_found_again_as_a_loud_part() -> None:
    listener, _ = noting()
    faint, loud = talk(0.3, -31), talk(0.4, -20)
    heard = fed(listener, stream(0.512, talk(2.0), loud, faint, talk(1.0), 1.0))
    assert len([each for each in heard if each.start < to_samples(2.9)]) == 1


def test_a_loud_part_may_be_turned_round_by_the_one_before() -> None:
    sound = stream(0.512, talk(2.0), talk(0.3, -20), talk(0.3), talk(0.4, -20), talk(1.0), 1.0)

    class Negating(Notes):
        """Hears the sentence in less than half a second, and its negation in more."""

        def finish(self) -> Hypothesis:
            found = super().finish()
            length = found.span[1] - found.span[0] if found.span else 0
            if length < to_samples(0.35):
                return Hypothesis("", 0.0, written="Don't.")
            if length < to_samples(0.6):
                return found
            return Hypothesis("", 0.0, written="Don't stop.")

    for patience, expected in ((0.512, []), (0.256, ["stop"])):
        listener = Listener(Negating(), Loudness())
        listener.use(STOP, Rules(hang_over=to_samples(patience), longest=to_samples(3.0)))
        assert [each.text for each in fed(listener, sound)] == expected


def test_one_voice_alone_is_judged_once() -> None:
    listener, notes = noting()
    fed(listener, stream(0.512, talk(1.0), 1.0, talk(0.5, -20), 1.0))
    assert len(notes.utterances) == 2


def test_what_was_said_is_no_lead_of_the_next_utterance() -> None:
    listener, notes = noting()
    fed(listener, stream(1.024, voice(0.512), 0.32, voice(0.512), 1.024))
    second = notes.utterances[1]
    assert np.flatnonzero(second)[0] == to_samples(0.32)


def test_a_knock_is_no_voice() -> None:
    listener, notes = noting()
    assert fed(listener, stream(1.0, voice(0.02), 1.0)) == []
    assert notes.utterances == []
    patient, notes = noting(rules=Rules(shortest_speech=to_samples(0.18)))
    assert fed(patient, stream(1.024, voice(0.12), 1.0)) == []
    assert "s of voice" in notes.decisions[-1].reason


@pytest.mark.slow
def test_endless_talk_is_not_kept_and_no_command() -> None:
    listener, notes = noting()
    assert fed(listener, stream(1.024, voice(60.0), 1.024)) == []
    assert len(notes.utterances[0]) < to_samples(5.5)
    assert "of talk" in notes.decisions[-1].reason
    assert [heard.text for heard in fed(listener, stream(voice(0.512), 1.024))] == ["stop"]


def test_what_is_sure_and_settled_is_taken_early() -> None:
    listener, notes = noting()
    listener.use(STOP, Rules(settled=lambda text: text == "stop"))
    notes.guessed = Hypothesis("stop", 0.95)
    (heard,) = fed(listener, stream(1.024, voice(0.512), 1.024))
    assert (heard.start, heard.end) == (to_samples(1.024), to_samples(1.536))
    assert heard.decided == heard.end + 3 * CHUNK
    assert notes.guesses == 1
    assert len(notes.decisions) == 1


def test_a_sentence_that_goes_on_after_a_comma_is_not_taken_in_it() -> None:
    listener, notes = noting()
    listener.use(STOP, Rules(settled=lambda _: True))
    notes.guessed = Hypothesis("stop it", 0.95)
    assert fed(listener, stream(1.024, voice(0.512), 0.192, voice(0.512))) == []
    notes.guessed = None
    (heard,) = fed(listener, stream(1.024))
    assert heard.text == "stop"  # what the whole is, which is heard from its first word on
    assert heard.start == to_samples(1.024)
    assert heard.decided == to_samples(2.24) + Rules().hang_over


def test_a_sure_sentence_is_taken_when_it_outlasts_a_comma_and_heard_once() -> None:
    listener, notes = noting()
    listener.use(STOP, Rules(settled=lambda _: True))
    notes.guessed = Hypothesis("stop it", 0.95)
    (heard,) = fed(listener, stream(1.024, voice(0.512), 1.024))
    assert heard.text == "stop it"
    assert heard.decided == heard.end + Rules().comma
    assert notes.guesses == 1
    assert len(notes.decisions) == 1


def test_what_goes_on_after_all_is_heard_anew_as_a_whole() -> None:
    listener, notes = noting()
    listener.use(STOP, Rules(settled=lambda text: text == "stop"))
    notes.guessed = Hypothesis("stop", 0.6)
    (heard,) = fed(listener, stream(1.024, voice(0.512), 0.224, voice(0.512), 1.024))
    assert heard.decided == heard.end + Rules().hang_over
    assert notes.guesses == 2  # once in each silence
    ahead, whole = notes.utterances
    assert len(whole) > len(ahead)
    assert np.array_equal(whole[: len(ahead)], ahead)
    assert np.count_nonzero(np.abs(whole) > 0.05) == 2 * to_samples(0.512)
    assert len(notes.decisions) == 1


def test_a_new_grammar_holds_from_the_next_voice_on() -> None:
    listener, _ = noting()
    assert fed(listener, stream(1.024, voice(0.256))) == []
    listener.use(GO)
    (heard,) = fed(listener, stream(voice(0.256), 1.024))
    assert (heard.text, heard.grammar) == ("stop", "stop")
    (heard,) = fed(listener, stream(voice(0.512), 1.024))
    assert (heard.text, heard.grammar) == ("go", "go")


def test_flush_ends_the_voice_and_begins_a_new_stream() -> None:
    listener, _ = noting()
    assert fed(listener, stream(1.024, voice(0.5))) == []
    assert listener.speaking
    (heard,) = listener.flush()
    assert heard.end == to_samples(1.524)
    assert not listener.speaking
    assert listener.flush() == []
    (again,) = fed(listener, stream(1.024, voice(0.512), 1.024))
    assert again.start == to_samples(1.024)


def test_speaking_and_level() -> None:
    listener, _ = noting()
    fed(listener, stream(1.024))
    assert not listener.speaking
    fed(listener, voice(0.064))
    assert listener.speaking
    assert listener.level_db == pytest.approx(-20.0, abs=0.1)
    fed(listener, stream(1.024))
    assert not listener.speaking


def test_without_a_grammar_nothing_is_heard() -> None:
    listener = Listener(Notes(), Loudness())
    assert fed(listener, stream(1.0, voice(0.5), 1.0)) == []


@cache
def commands() -> Commands:
    return read_commands([shelved.routine for shelved in read_library()[0]])


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener(CombinedRecogniser(PocketsphinxRecogniser()))


def texts(heard: Iterable[Transcript]) -> list[str]:
    return [one.text for one in heard]


def misses(listener: Listener, state: str, sentences: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return the sentences that are not heard as what they mean, with what was heard."""
    listener.use(commands().grammar(state), Rules(asked=state == "number"))
    missed = []
    for sentence in sentences:
        heard = texts(heard_in(spoken_in_room(sentence, voice="en-us", pause=0.7), listener))
        if [commands().match(t, state) for t in heard] != [commands().match(sentence, state)]:
            missed.append((sentence, heard))
    return missed


@pytest.mark.slow
@pytest.mark.parametrize("state", ["idle", "session", "number", "confirm"])
def test_every_example_is_understood(listener: Listener, state: str) -> None:
    examples = [example.replace(" or ", " ") for example in commands().examples(state)]
    spoken = [e for e in examples if not e.startswith("start ")] + ["start back routine"]
    spoken = [e for e in spoken if commands().match(e, state)]
    assert len(spoken) >= 4
    assert misses(listener, state, spoken) == []


@pytest.mark.slow
def test_the_words_of_the_idea_are_understood(listener: Listener) -> None:
    said_in_a_session = """pause, hold on, wait a moment, resume, go on, carry on, next, skip this,
        go back, say that again, restart exercise, stop, slower, faster, louder, quieter,
        more time, how long left, what's next, why this exercise, which side, what can I say,
        I'm ready, that hurts, easier version, let's start, start back routine"""
    sentences = [" ".join(s.split()) for s in said_in_a_session.split(",")]
    assert misses(listener, "session", sentences) == []


@pytest.mark.slow
def test_numbers_are_understood(listener: Listener) -> None:
    numbers = "zero one two three four five six seven eight nine ten".split()
    assert misses(listener, "number", numbers) == []


@pytest.mark.slow
def test_silence_noise_and_breath_are_no_commands(listener: Listener) -> None:
    listener.use(commands().grammar("session"))
    assert list(heard_in(silence(to_samples(5)), listener)) == []
    assert list(heard_in(room(to_samples(10), seed=1, db=-25.0), listener)) == []
    assert list(heard_in(breath(20), listener)) == []


@pytest.mark.slow
def test_blocks_of_any_size_give_the_same(listener: Listener) -> None:
    listener.use(commands().grammar("session"))
    sound = spoken_in_room("pause", "how long left", "carry on")
    results = [
        fed(listener, sound, block) + listener.flush() for block in (160, 77, 512, 4000, len(sound))
    ]
    assert texts(results[0]) == ["pause", "how long left", "carry on"]
    assert all(result == results[0] for result in results)


@pytest.mark.slow
def test_what_was_heard_before_changes_nothing(listener: Listener) -> None:
    listener.use(commands().grammar("session"))
    sound = spoken_in_room("that hurts", "what is this for")
    first = list(heard_in(sound, listener))
    listener.use(commands().grammar("number"))
    list(heard_in(spoken_in_room("seven") + room(len(spoken_in_room("seven")), 3, -40), listener))
    listener.use(commands().grammar("session"))
    assert list(heard_in(sound, listener)) == first
    afresh = Listener(CombinedRecogniser(PocketsphinxRecogniser()))
    afresh.use(commands().grammar("session"))
    assert list(heard_in(sound, afresh)) == first


def test_a_command_that_fills_its_file_is_heard(listener: Listener) -> None:
    listener.use(commands().grammar("session"))
    sound = said("how long left") + room(len(said("how long left")))
    (heard,) = heard_in(sound, listener)
    assert heard.text == "how long left"
    assert 0 <= heard.start < heard.end <= len(sound)
    assert heard.decided == len(sound)


def test_the_delay_is_the_hang_over(listener: Listener) -> None:
    listener.use(commands().grammar("session"))
    sound = spoken_in_room("pause")
    (heard,) = heard_in(sound, listener)
    spoken_until = to_samples(1.0) + len(said("pause"))
    assert abs(heard.end - spoken_until) < to_samples(0.15)
    assert heard.decided - spoken_until < to_samples(0.4)


def test_a_voice_over_a_coach_that_is_not_heard_is_noticed_at_its_first_chunk() -> None:
    listener, _ = noting()
    coach = voice(0.032)
    for _ in range(200):  # headphones: the microphone hears nothing of it
        listener.process(silence(CHUNK), coach)
        assert not listener.speaking
    listener.process(voice(0.032), coach)
    assert listener.speaking
    assert not listener.process(silence(CHUNK), coach)
    assert not listener.speaking


def test_a_coach_that_may_be_heard_is_not_taken_for_a_voice_at_once() -> None:
    listener, _ = noting()
    listener.process(voice(0.032), voice(0.032))
    assert not listener.speaking
