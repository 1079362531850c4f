"""The coach itself: to the sample, without waiting, and never alive but deaf."""

import itertools
import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from queue import SimpleQueue

import numpy as np
import pytest

from tests.tools.language import ENGLISH
from tests.tools.stage import QUIET, Stage
from voice_coach.app.addressed import Attempt
from voice_coach.app.coach import DUCK_DB, DUCK_OVER, RELEASE_OVER, Ears
from voice_coach.app.happenings import (
    Said,
    SignalGiven,
    SpeechHeard,
    SpeechLeft,
    Standing,
    StateShown,
)
from voice_coach.audio.decimation import Decimator
from voice_coach.audio.mixer import SILENCE_FADE
from voice_coach.audio.pcm import Pcm, decibels, duration
from voice_coach.core.cues import BEAT, Signal
from voice_coach.core.intents import Commands, Intent
from voice_coach.core.routine import Routine
from voice_coach.core.state import Mode, Role
from voice_coach.errors import ModelError, VoiceCoachError
from voice_coach.grammar import Grammar
from voice_coach.hearing.decision import Decision
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.listener import Listener, Transcript
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource
from voice_coach.units import BLOCK, SAMPLE_RATE, to_frames, to_samples


@pytest.fixture(scope="module")
def routines() -> tuple[Routine, ...]:
    """The routines that ship."""
    names = ("back", "breathing", "gentle-stretch")
    return tuple(read_routine(resource("routines") / f"{name}.yaml") for name in names)


@pytest.fixture(scope="module")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@pytest.fixture
def stage(routines: tuple[Routine, ...], commands: Commands) -> Iterator[Stage]:
    """A coach whose voice renders on the spot."""
    with closing(Stage(routines, commands)) as stage:
        yield stage


class TestCoach:
    """Hearing, deciding and speaking."""

    def test_nothing_is_said_before_anybody_speaks(self, stage: Stage) -> None:
        stage.run(3)
        assert stage.happenings == []
        assert stage.coach.at_rest
        assert stage.ears.listening == "idle"
        assert not stage.heard().any()

    def test_a_command_is_told_answered_and_heard_within_two_blocks(self, stage: Stage) -> None:
        stage.run(1)
        at = stage.hear("start back routine")
        heard, state, said = stage.happenings
        assert isinstance(heard, SpeechHeard)
        assert heard.intent == Intent("start", {"routine": "Back"})
        assert isinstance(state, StateShown)
        assert isinstance(state.standing, Standing)
        assert (state.mode, state.standing.routine) == (Mode.INTRODUCING, "Back")
        assert isinstance(said, Said)
        assert at <= said.at <= at + 2 * BLOCK
        stage.run(0.1)
        assert int(np.flatnonzero(stage.heard())[0]) == to_frames(said.at)
        assert stage.ears.listening == "session"
        assert not stage.coach.at_rest

    def test_every_cue_begins_at_its_very_sample(self, stage: Stage) -> None:
        """What follows a count follows it to the sample, wherever the blocks lie."""
        stage.coach.do(Intent("start", {"routine": "Back"}))
        stage.run(99)
        plan = stage.coach.state.plan
        assert plan is not None
        cues = {text: cue for cue in plan.cues for text in (cue.text, cue.words)}
        told = [each for each in stage.said() if each.role is Role.CUE]
        assert len(told) > 7
        for before, after in itertools.pairwise(told):
            cue = cues[before.text]
            at_once = bool(cue.marks) and cue.marks[0].left >= cue.count
            assert after.at - before.end == cue.count + (BEAT if at_once else 0)
        sound = stage.heard()
        for each in told[1:]:
            assert sound[to_frames(each.at) - 1] == 0
            assert sound[to_frames(each.at)] > 0

    def test_pause_silences_what_sounds_and_what_is_to_come(self, stage: Stage) -> None:
        stage.coach.do(Intent("start"))
        stage.run(2)
        at = stage.hear("pause", 0.5)
        said = stage.said()[-1]
        assert said.text == ENGLISH.texts.paused
        sound = stage.heard()
        assert sound[to_frames(at)] > 0
        quiet = slice(to_frames(at + 2 * BLOCK + SILENCE_FADE), to_frames(said.at))
        assert not sound[quiet].any()
        stage.run(30)
        assert stage.said()[-1] is said
        assert stage.coach.at_rest

    def test_words_without_meaning_are_told_and_change_nothing(self, stage: Stage) -> None:
        stage.hear("mumble mumble")
        (heard,) = stage.happenings
        assert isinstance(heard, SpeechHeard)
        assert heard.intent is None
        assert stage.coach.state.mode is Mode.IDLE

    def test_the_grammar_follows_the_state(self, stage: Stage) -> None:
        found = []
        for words in ("start back routine", "stop", "no", "pause", "stop", "yes"):
            stage.hear(words, 0.05)
            found.append(stage.ears.listening)
        assert found == ["session", "confirm", "session", "paused", "confirm", "idle"]

    def test_volume_reaches_the_loudspeaker(self, stage: Stage) -> None:
        stage.coach.do(Intent("start"))
        stage.hear("quieter", 2)
        assert stage.mixer.volume_db == -4
        assert stage.heard()[-1] == pytest.approx(0.1 * 10 ** (-4 / 20), rel=1e-3)

    def test_tempo_reaches_the_voice(self, stage: Stage) -> None:
        stage.coach.do(Intent("start"))
        stage.hear("slower", 3)
        slower = stage.said()[1]
        assert slower.text == "A little slower."
        spoken = slower.end - slower.at
        assert spoken == round(len("A little slower.") * 777 * 1.15)

    def test_a_session_runs_to_its_end_and_comes_to_rest(self, stage: Stage) -> None:
        stage.coach.do(Intent("start", {"routine": "Breathing"}))
        stage.run(260)
        assert stage.coach.at_rest
        assert stage.said()[-1].text.startswith("Well done")
        assert stage.coach.state.mode is Mode.IDLE
        breaths = [each for each in stage.said() if each.text == "Breathe in."]
        first, *gaps = [after.at - before.at for before, after in itertools.pairwise(breaths)]
        assert len(breaths) == 18
        # The first follows words whose end is known only when their last block has sounded.
        assert to_samples(10) - BLOCK < first <= to_samples(10)
        assert set(gaps) == {to_samples(10)}


class TestUnheard:
    """Who speaks to the coach in vain gets to know it."""

    @staticmethod
    def attempt(stage: Stage) -> None:
        now = stage.mixer.position
        stage.ears.attempted.append(Attempt(now - 16_000, now - 8_000, "pause", "something"))
        stage.run(0.02)

    def test_a_tone_and_then_a_word(self, stage: Stage) -> None:
        stage.coach.do(Intent("start", {"routine": "Breathing"}))
        stage.hear("stop", 4)
        for _ in range(2):
            self.attempt(stage)
        left = [each for each in stage.happenings if isinstance(each, SpeechLeft)]
        assert [each.written for each in left] == ["pause", "pause"]
        tones = [each for each in stage.happenings if isinstance(each, SignalGiven)]
        assert [each.signal for each in tones] == [Signal.PARDON]
        assert stage.said()[-1].text == ENGLISH.texts.confirm_stop

    def test_a_tone_does_not_end_what_is_said(self, stage: Stage) -> None:
        stage.coach.do(Intent("start", {"routine": "Back"}))
        stage.run(1)
        said = stage.said()
        for _ in range(2):
            self.attempt(stage)
        assert any(isinstance(each, SignalGiven) for each in stage.happenings)
        stage.run(1)
        assert stage.said() == said
        assert stage.coach.state.on_air is Role.CUE


class TestMuted:
    """Asked not to listen, the coach obeys hands only, and what hurts."""

    @pytest.fixture
    def muted(self, stage: Stage) -> Stage:
        """A coach that was asked not to listen."""
        stage.coach.do(Intent("start"))
        stage.hear("stop listening", 0.5)
        assert stage.coach.state.muted
        return stage

    def test_what_is_heard_is_told_as_no_command(self, muted: Stage) -> None:
        muted.hear("pause")
        heard = [each for each in muted.happenings if isinstance(each, SpeechHeard)]
        assert (heard[-1].text, heard[-1].intent) == ("pause", None)
        assert muted.coach.state.mode is Mode.INTRODUCING

    def test_nobody_is_told_that_they_were_not_understood(self, muted: Stage) -> None:
        for _ in range(2):
            TestUnheard.attempt(muted)
        assert not [each for each in muted.happenings if isinstance(each, SpeechLeft | SignalGiven)]

    def test_a_hand_is_obeyed_and_ends_it(self, muted: Stage) -> None:
        muted.coach.do(Intent("pause"))
        assert (muted.coach.state.mode, muted.coach.state.muted) == (Mode.PAUSED, False)

    @pytest.mark.parametrize("words", ["that hurts", "chest pain"])
    def test_what_hurts_is_heard(self, muted: Stage, words: str) -> None:
        muted.hear(words, 0.5)
        assert muted.coach.state.mode in (Mode.HURTING, Mode.PAUSED)
        assert not muted.coach.state.muted


class TestGivingWay:
    """The coach lowers its voice while the user speaks."""

    FULL, LOW = 0.1, 0.1 * decibels(DUCK_DB)

    @pytest.fixture
    def leading(self, stage: Stage) -> Stage:
        """A coach in the middle of its welcome."""
        stage.coach.do(Intent("start"))
        stage.run(1)
        assert stage.heard()[-1] == np.float32(self.FULL)
        return stage

    def test_it_goes_down_at_once_and_comes_back_smoothly(self, leading: Stage) -> None:
        began = leading.mixer.position
        leading.ears.speaking = True
        leading.run(1)
        ended = leading.mixer.position
        leading.ears.speaking = False
        leading.run(1)
        sound = leading.heard()
        # What was rendered before the block was judged can no longer be changed.
        down, up = to_frames(began + BLOCK), to_frames(ended + BLOCK)
        assert sound[down] == pytest.approx(self.FULL)
        assert sound[down + to_frames(DUCK_OVER) : up] == pytest.approx(self.LOW)
        assert to_samples(0.03) >= BLOCK + DUCK_OVER
        assert sound[up + to_frames(RELEASE_OVER) :] == pytest.approx(self.FULL)
        rise = np.diff(sound[up : up + to_frames(RELEASE_OVER)])
        assert rise.min() > 0
        assert rise.max() < 1.01 * (self.FULL - self.LOW) / to_frames(RELEASE_OVER)

    def test_what_the_canceller_is_given_is_what_was_played(self, leading: Stage) -> None:
        leading.ears.speaking = True
        leading.run(1)
        reference = np.concatenate(leading.ears.reference)
        assert (reference == Decimator().push(leading.heard())).all()
        assert reference[-1] == pytest.approx(self.LOW)

    def test_a_command_is_answered_in_full(self, leading: Stage) -> None:
        """Neither does what is silenced rise again, nor does the answer begin low."""
        leading.ears.speaking = True
        leading.run(0.5)
        leading.ears.speaking = False
        at = leading.hear("pause", 0.5)
        said = leading.said()[-1]
        sound = leading.heard()
        assert np.diff(sound[to_frames(at) : to_frames(said.at)]).max() <= 0
        quiet = slice(to_frames(at + BLOCK + SILENCE_FADE), to_frames(said.at))
        assert not sound[quiet].any()
        assert sound[to_frames(said.at) :] == pytest.approx(self.FULL)

    def test_a_command_that_is_known_before_the_voice_is_over(self, leading: Stage) -> None:
        leading.ears.speaking = True
        leading.run(0.5)
        leading.hear("pause", 1)
        said = leading.said()[-1]
        assert leading.heard()[to_frames(said.at) :] == pytest.approx(self.FULL)
        leading.ears.speaking = False
        leading.run(0.1)
        leading.ears.speaking = True
        leading.run(0.1)
        assert leading.heard()[-1] == pytest.approx(self.LOW)

    def test_what_begins_while_somebody_speaks_begins_low(self, stage: Stage) -> None:
        stage.ears.speaking = True
        stage.run(0.5)
        stage.coach.do(Intent("start"))
        stage.run(0.5)
        (said,) = stage.said()
        assert stage.heard()[to_frames(said.at) :] == pytest.approx(self.LOW)

    def test_a_voice_that_spoke_into_silence_leaves_nothing_behind(self, stage: Stage) -> None:
        stage.ears.speaking = True
        stage.run(0.5)
        stage.ears.speaking = False
        stage.hear("start back routine", 0.5)
        (said,) = stage.said()
        assert stage.heard()[to_frames(said.at) :] == pytest.approx(self.FULL)


class TestSlowVoice:
    """An engine that renders for seconds holds up its own words and nothing else."""

    @pytest.fixture
    def slow(self, routines: tuple[Routine, ...], commands: Commands) -> Iterator[Stage]:
        """A coach whose voice renders in its thread, when the test lets it."""
        with closing(Stage(routines, commands, threaded=True)) as stage:
            stage.voice.gate.clear()
            yield stage
            stage.voice.gate.set()

    def test_the_clock_goes_on_while_words_are_rendered(self, slow: Stage) -> None:
        slow.coach.do(Intent("start"))
        slow.run(2)
        assert slow.said() == []
        assert not slow.coach.at_rest
        slow.voice.gate.set()
        slow.renderer.get(slow.coach.state.cue.text)
        slow.run(0.05)
        (said,) = slow.said()
        assert to_samples(2) <= said.at <= to_samples(2.05)
        end = said.at + duration(slow.voice.render(said.text))
        assert said.end == end

    def test_words_that_were_silenced_before_they_were_rendered_never_sound(
        self, slow: Stage
    ) -> None:
        slow.coach.do(Intent("start"))
        slow.run(0.5)
        slow.hear("pause", 0.5)
        slow.voice.gate.set()
        slow.renderer.get(ENGLISH.texts.paused)
        slow.run(5)
        assert [each.text for each in slow.said()] == [ENGLISH.texts.paused]

    def test_what_comes_next_is_rendered_before_its_time(self, slow: Stage) -> None:
        slow.voice.gate.set()
        slow.coach.do(Intent("start"))
        plan = slow.coach.state.plan
        assert plan is not None
        rendered = [slow.voice.rendered.get(timeout=10) for _ in range(5)]
        assert rendered == [cue.text for cue in plan.cues[:5]]
        slow.run(0.05)
        assert len(slow.said()) == 1

    def test_another_voice_does_not_wait_for_a_phrase_under_way(self, slow: Stage) -> None:
        slow.coach.do(Intent("start"))
        slow.run(0.5)
        began = time.monotonic()
        slow.hear("another voice", 0.5)
        slow.hear("pause", 0.1)
        assert time.monotonic() - began < 2  # the first voice is held for ten seconds
        assert slow.coach.state.mode is Mode.PAUSED
        slow.until_said(ENGLISH.texts.paused)
        assert not slow.voice.closed
        slow.voice.gate.set()

    def test_a_voice_that_loads_does_not_hold_up_what_is_asked_for(self, slow: Stage) -> None:
        slow.voice.gate.set()
        slow.loading.clear()
        slow.coach.do(Intent("start"))
        slow.hear("another voice", 0.5)
        slow.hear("pause")
        slow.until_said(ENGLISH.texts.paused)
        assert ENGLISH.texts.paused in list(slow.voice.drained())
        slow.loading.set()

    def test_what_was_asked_of_the_voice_before_is_still_said(self, slow: Stage) -> None:
        slow.coach.preview("A long phrase.")
        slow.run(0.1)
        slow.hear("another voice", 0.1)
        slow.voice.gate.set()
        slow.until_said("A long phrase.")


class TestChosenVoice:
    """A page names a voice, to choose it or to hear what it is like."""

    def test_one_that_is_named_speaks_from_now_on(self, stage: Stage) -> None:
        stage.coach.do(Intent("another_voice", {"name": "second"}))
        stage.run(0.1)
        assert list(stage.other.drained()) == [ENGLISH.texts.other_voice]
        stage.coach.do(Intent("another_voice", {"name": "second"}))
        assert stage.coach.state.preferences.voice_name == "second"

    @pytest.mark.parametrize("threaded", [False, True])
    def test_one_that_is_only_heard_is_not_chosen(
        self, routines: tuple[Routine, ...], commands: Commands, threaded: bool
    ) -> None:
        with closing(Stage(routines, commands, threaded=threaded)) as stage:
            stage.coach.preview("This is a sample. It is short.", "second")
            stage.until_said("This is a sample. It is short.")
            assert list(stage.other.drained()) == ["This is a sample. It is short."]
            stage.coach.do(Intent("start"))
            stage.run(2)
            assert list(stage.other.drained()) == []
            assert stage.kept == []
            until = time.monotonic() + 5
            while not stage.other.closed and time.monotonic() < until:
                time.sleep(0.01)
            assert stage.other.closed

    def test_one_that_cannot_be_heard_is_told(self, stage: Stage) -> None:
        stage.broken = "The second voice is damaged."
        stage.coach.preview("This is a sample.", "second")
        stage.run(1)
        assert stage.coach.problems == ["The second voice is damaged."]
        assert stage.said() == []


class TestFailingVoice:
    """A voice that fails never ends a session: another one speaks, and one line says so."""

    def test_one_that_breaks_is_replaced_for_good(self, stage: Stage) -> None:
        stage.voice.unspeakable = ENGLISH.texts.louder
        stage.coach.do(Intent("start"))
        stage.hear("louder", 1)
        assert stage.coach.problems == [
            f"The voice broke at '{ENGLISH.texts.louder}'. The coach speaks with second instead."
        ]
        assert ENGLISH.texts.louder in list(stage.other.drained())
        assert ENGLISH.texts.louder in [each.text for each in stage.said()]
        stage.hear("another voice", 1)
        assert stage.said()[-1].text == ENGLISH.texts.only_voice
        assert stage.coach.state.preferences.voice_name == "second"
        names = {each.voice_name for each in stage.kept}
        assert names == {None}, "what is in the settings is the user's choice"

    @pytest.mark.parametrize("threaded", [False, True])
    def test_one_that_cannot_be_made_gives_way_to_the_one_before(
        self, routines: tuple[Routine, ...], commands: Commands, threaded: bool
    ) -> None:
        with closing(Stage(routines, commands, threaded=threaded)) as stage:
            stage.broken = "The second voice is damaged."
            stage.coach.do(Intent("start"))
            stage.run(0.5)
            stage.hear("another voice")
            stage.until_said(ENGLISH.texts.voice_failed)
            assert stage.coach.problems == [
                "The second voice is damaged. The coach speaks with first instead."
            ]
            stage.hear("pause")
            stage.until_said(ENGLISH.texts.paused)
            assert list(stage.other.drained()) == []
            assert stage.coach.state.voices == ("first",)
            assert [each.voice_name for each in stage.kept] == ["second", None]

    def test_where_all_have_failed_the_session_goes_on_without_words(self, stage: Stage) -> None:
        stage.voice.unspeakable = stage.other.unspeakable = "e"
        stage.coach.do(Intent("start", {"routine": "Breathing"}))
        stage.run(60)
        assert stage.coach.problems[-1].endswith("There is no other voice.")
        assert stage.coach.state.plan is not None
        assert stage.coach.state.index > 1

    def test_a_text_that_cannot_be_spoken_is_no_voices_fault(self, stage: Stage) -> None:
        long = VoiceCoachError("A text is too long to be spoken.")
        stage.voice.fault = long
        stage.coach.do(Intent("start"))
        stage.run(1)
        assert set(stage.coach.problems) == {str(long)}
        assert stage.coach.state.voices == ("first", "second")


class Scribe:
    """A recogniser that writes down what it is asked, and fails where told."""

    name = "scribe"

    def __init__(self) -> None:
        self.grammars: list[str] = []
        self.fails = False
        self.confidence = 1.0

    def use(self, grammar: Grammar) -> None:
        self.grammars.append(grammar.name)

    def start(self) -> None:
        if self.fails:
            raise ModelError("The recogniser stopped working.")

    def hear(self, samples: Pcm) -> str:  # noqa: ARG002
        return ""

    def guess(self) -> None:
        return None

    def finish(self) -> Hypothesis:
        return Hypothesis("pause", self.confidence, (0, SAMPLE_RATE // 2))

    def close(self) -> None:
        pass


class Loud:
    """A detector that takes every loud chunk for a voice."""

    def probability(self, chunk: Pcm) -> float:
        return float(np.max(np.abs(chunk)) > 0.05)

    def reset(self) -> None:
        pass


VOICE = np.resize(np.array([0.1, -0.1], dtype=np.float32), BLOCK)


class TestEars:
    """The listener in step with files, and in a thread of its own."""

    @staticmethod
    def ears(commands: Commands, *, live: bool) -> tuple[Ears, Scribe]:
        scribe = Scribe()
        return Ears(Listener(scribe, Loud()), commands, live=live), scribe

    @staticmethod
    def blocks(ears: Ears, *blocks: Pcm, listening: str = "session") -> list[Transcript]:
        return [heard for block in blocks for heard in ears.hear(block, QUIET, listening)]

    def test_in_step_an_utterance_comes_in_the_block_that_decides_it(
        self, commands: Commands
    ) -> None:
        ears, _ = self.ears(commands, live=False)
        sound = [*[QUIET] * 100, *[VOICE] * 50, *[QUIET] * 60]
        heard = self.blocks(ears, *sound)
        assert [each.text for each in heard] == ["pause"]
        assert heard[0].grammar == "session"
        again, _ = self.ears(commands, live=False)
        assert self.blocks(again, *sound) == heard

    def test_the_grammar_is_changed_only_when_the_state_has_changed(
        self, commands: Commands
    ) -> None:
        ears, scribe = self.ears(commands, live=False)
        for listening in ("idle", "idle", "session", "session", "confirm", "session"):
            self.blocks(ears, QUIET, QUIET, listening=listening)
        assert scribe.grammars == ["idle", "session", "confirm", "session"]

    def test_other_commands_are_loaded_at_once_and_heard_from_the_next_block_on(
        self, commands: Commands, routines: tuple[Routine, ...]
    ) -> None:
        ears, scribe = self.ears(commands, live=False)
        self.blocks(ears, QUIET)
        ears.learn(read_commands(routines[:1]))
        self.blocks(ears, QUIET, QUIET)
        assert scribe.grammars == [
            "session",
            "idle",
            "session",
            "paused",
            "number",
            "confirm",
            "session",
        ]

    @pytest.mark.parametrize("live", [False, True])
    def test_what_was_said_in_vain_comes_after_a_second(
        self, commands: Commands, *, live: bool
    ) -> None:
        decisions: SimpleQueue[Decision] = SimpleQueue()
        doubting = Scribe()
        doubting.confidence = 0.15
        listener = Listener(doubting, Loud(), watch=decisions.put)
        ears = Ears(listener, commands, live=live, decisions=decisions)
        assert self.blocks(ears, *[QUIET] * 100, *[VOICE] * 50, *[QUIET] * 60) == []
        if not live:
            assert list(ears.attempts()) == []
        assert self.blocks(ears, *[QUIET] * 100) == []
        ears.close()
        (attempt,) = ears.attempts()
        assert attempt.written == "pause"
        assert abs(attempt.start - to_samples(1)) < to_samples(0.1)

    def test_level_and_voice_can_be_seen(self, commands: Commands) -> None:
        ears, _ = self.ears(commands, live=False)
        assert (ears.speaking, ears.level_db) == (False, -120.0)
        self.blocks(ears, *[VOICE] * 20)
        assert ears.speaking
        assert ears.level_db == pytest.approx(-20, abs=0.1)

    def test_in_a_thread_the_same_is_heard_later(self, commands: Commands) -> None:
        ears, _ = self.ears(commands, live=True)
        heard = self.blocks(ears, *[QUIET] * 100, *[VOICE] * 50, *[QUIET] * 60)
        ears.close()
        heard += self.blocks(ears, QUIET)
        assert [each.text for each in heard] == ["pause"]

    def test_a_failure_in_the_thread_reaches_the_coach(self, commands: Commands) -> None:
        ears, scribe = self.ears(commands, live=True)
        scribe.fails = True
        self.blocks(ears, *[VOICE] * 50)
        ears.close()
        with pytest.raises(ModelError, match="The recogniser stopped working"):
            self.blocks(ears, QUIET)

    def test_closing_twice(self, commands: Commands) -> None:
        before = threading.active_count()
        for live in (True, False):
            ears, _ = self.ears(commands, live=live)
            ears.close()
            ears.close()
        assert threading.active_count() == before


def test_there_is_a_grammar_for_every_state(commands: Commands) -> None:
    grammars = {state: commands.grammar(state) for state in commands.states}
    assert set(grammars) == {"idle", "session", "paused", "number", "confirm"}
    assert grammars["confirm"].accepts("yes")
    assert not grammars["session"].accepts("yes")
    assert all(grammar.accepts("that hurts") for grammar in grammars.values())


def test_the_voice_knows_how_long_the_breath_is_that_it_leads(
    routines: tuple[Routine, ...], commands: Commands
) -> None:
    with closing(Stage(routines, commands)) as stage:
        stage.coach.do(Intent("start", {"routine": "breathing"}))
        stage.run(1)
        stage.coach.do(Intent("ready"))
        stage.until_said(ENGLISH.texts.breathe_out)
        led = {text: breath for text, breath in stage.voice.led if breath}
    assert led == {
        ENGLISH.texts.breathe_in: to_samples(4),
        ENGLISH.texts.breathe_out: to_samples(6),
    }


def test_a_word_is_said_in_its_other_spelling_and_told_in_its_own(
    routines: tuple[Routine, ...], commands: Commands
) -> None:
    started = Intent("start", {"routine": routines[0].name})
    with closing(Stage(routines, commands)) as stage:
        stage.coach.do(started)
        stage.run(0.1)
        plain = stage.said()[0].text
    word = max(re.findall(r"[a-z]+", plain), key=len)
    first = routines[0].model_copy(update={"pronounce": {word.upper(): "so and so"}})
    with closing(Stage((first, *routines[1:]), commands)) as stage:
        stage.coach.do(started)
        stage.run(0.1)
        assert stage.said()[0].text == plain
        assert stage.voice.led[0][0] == plain.replace(word, "so and so") != plain
