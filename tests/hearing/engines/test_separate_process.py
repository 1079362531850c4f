"""A recogniser in a process of its own: the same results, and what happens when it fails."""

import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest

from tests import CHECKOUT
from tests.tools import fake_engines
from voice_coach.audio.pcm import Pcm, as_heard, silence
from voice_coach.errors import ModelError
from voice_coach.grammar import Grammar
from voice_coach.hearing.engines.pocketsphinx import PocketsphinxRecogniser
from voice_coach.hearing.engines.recogniser import Hypothesis, Recogniser
from voice_coach.hearing.engines.separate_process import LOSSES, SeparateProcess
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import SAMPLE_RATE

PAUSE = Grammar("session", ((0, 1, "pause"),), frozenset({1}))
YES = Grammar("confirm", ((0, 1, "yes"),), frozenset({1}))
COMMANDS = Grammar(
    "session", ((0, 1, "pause"), (0, 1, "resume"), (0, 2, "next"), (2, 1, "exercise")),
    frozenset({1}),
)  # fmt: skip
NOTHING = Hypothesis("", 0.0)


@pytest.fixture
def engine() -> Iterator[SeparateProcess]:
    """A fake engine, soon impatient, listening for "pause"."""
    with closing(SeparateProcess(fake_engines.fake, patience=0.5)) as separate:
        separate.use(PAUSE)
        yield separate


def utterance(engine: Recogniser, order: int, chunks: int = 3) -> Hypothesis:
    """Let `engine` hear something that makes the fake do as `order` says."""
    engine.start()
    for _ in range(chunks):
        engine.hear(np.full(512, order, dtype=np.float32))
    return engine.finish()


def processes() -> list[BaseProcess]:
    return [each for each in multiprocessing.active_children() if each.name == "recogniser"]


@pytest.mark.slow
def test_the_same_result_as_in_this_process() -> None:
    voice = EspeakVoice("en-us+f3")
    said = [as_heard(voice.render(text)) for text in ("next exercise", "pause", "resume")]
    with (
        closing(voice),
        closing(PocketsphinxRecogniser()) as here,
        closing(SeparateProcess(PocketsphinxRecogniser)) as there,
    ):
        assert there.name == here.name
        found = [_all_heard(each, said) for each in (here, there)]
        assert found[0] == found[1]
        assert [each.text for each in found[0]] == ["next exercise", "pause", "resume"]
        assert there.restarts == 0


def _all_heard(engine: Recogniser, said: list[Pcm]) -> list[Hypothesis]:
    engine.use(COMMANDS)
    found = []
    for clip in said:
        engine.start()
        quiet = silence(SAMPLE_RATE // 4)
        for block in np.array_split(np.concatenate([quiet, clip, quiet]), 40):
            engine.hear(block)
        found.append(engine.finish())
    return found


def test_the_grammar_can_be_changed(engine: SeparateProcess) -> None:
    assert utterance(engine, fake_engines.WORK).text == "pause"
    engine.use(YES)
    assert utterance(engine, fake_engines.WORK) == Hypothesis("yes", 0.5, (0, 3 * 512))
    assert engine.restarts == 0


def test_words_so_far_are_passed_on_and_never_taken_for_the_result(engine: SeparateProcess) -> None:
    engine.start()
    engine.hear(np.zeros(512, dtype=np.float32))
    while engine.hear(np.zeros(512, dtype=np.float32)) != "so far":
        pass
    for _ in range(100):
        engine.hear(np.zeros(512, dtype=np.float32))
    assert engine.finish().text == "pause"
    engine.start()
    assert engine.finish().text == "pause"


class TestFailure:
    """What was said in that moment is lost, and nothing else."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "order",
        [
            fake_engines.CRASH_HEARING,
            fake_engines.CRASH_AT_END,
            fake_engines.HANG_HEARING,
            fake_engines.HANG_AT_END,
        ],
    )
    def test_it_is_started_anew_with_its_grammar(self, engine: SeparateProcess, order: int) -> None:
        (before,) = processes()
        assert utterance(engine, order) == NOTHING
        assert engine.restarts == 1
        (after,) = processes()
        assert after.pid != before.pid
        assert utterance(engine, fake_engines.WORK).text == "pause"
        assert engine.restarts == 1

    @pytest.mark.slow
    def test_an_engine_that_takes_no_more_sound_does_not_stop_the_coach(
        self, engine: SeparateProcess
    ) -> None:
        began = time.monotonic()
        minute = 60 * SAMPLE_RATE // 512
        assert utterance(engine, fake_engines.HANG_HEARING, chunks=minute) == NOTHING
        assert time.monotonic() - began < 10
        assert utterance(engine, fake_engines.WORK).text == "pause"

    @pytest.mark.slow
    def test_one_that_died_in_silence_loses_nothing(self, engine: SeparateProcess) -> None:
        (process,) = processes()
        process.kill()
        process.join()
        assert utterance(engine, fake_engines.WORK).text == "pause"
        assert engine.restarts == 1

    @pytest.mark.slow
    def test_one_that_dies_every_time_is_given_up(self, engine: SeparateProcess) -> None:
        for _ in range(LOSSES - 1):
            assert utterance(engine, fake_engines.CRASH_AT_END) == NOTHING
        with pytest.raises(ModelError, match=f"fake stopped working {LOSSES} times in a row"):
            utterance(engine, fake_engines.CRASH_AT_END)
        assert processes() == []

    @pytest.mark.slow
    def test_one_that_recovers_is_not(self, engine: SeparateProcess) -> None:
        for _ in range(LOSSES):
            assert utterance(engine, fake_engines.CRASH_AT_END) == NOTHING
            assert utterance(engine, fake_engines.WORK).text == "pause"
        assert engine.restarts == LOSSES

    @pytest.mark.slow
    def test_a_grammar_that_kills_it_is_told(self, engine: SeparateProcess) -> None:
        deadly = Grammar("crash", PAUSE.arcs, PAUSE.finals)
        with pytest.raises(ModelError, match="fake cannot listen for 'crash'"):
            engine.use(deadly)

    def test_its_own_complaints_reach_the_caller(self, engine: SeparateProcess) -> None:
        with pytest.raises(ModelError, match="It does not know these words"):
            engine.use(Grammar("unknown words", PAUSE.arcs, PAUSE.finals))
        with pytest.raises(ModelError, match="has lost its words"):
            utterance(engine, fake_engines.COMPLAIN)
        assert utterance(engine, fake_engines.WORK).text == "pause"
        assert engine.restarts == 0

    @pytest.mark.slow
    def test_what_its_library_raises_is_written_down_and_not_shown(
        self,
        engine: SeparateProcess,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        engine.close()
        monkeypatch.delenv("VOICE_COACH_TRACEBACK")
        crash = Path(os.environ["VOICE_COACH_CRASH"])
        failing = SeparateProcess(fake_engines.failing)
        with closing(failing), pytest.raises(ModelError, match="did not start"):
            failing.name  # noqa: B018 - asking for it waits until it is loaded
        assert "something in the library" in crash.read_text()
        crash.unlink()
        with closing(SeparateProcess(fake_engines.fake)) as separate:
            separate.use(PAUSE)
            assert utterance(separate, fake_engines.FAIL) == NOTHING
            assert utterance(separate, fake_engines.WORK).text == "pause"
            assert separate.restarts == 1
        assert "something in the library" in crash.read_text()
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (fake_engines.without_model, r"am/final\.mdl is missing"),
            (fake_engines.broken, "did not start"),
        ],
    )
    def test_one_that_cannot_start_leaves_nothing_behind(
        self, make: fake_engines.MakeFake, message: str
    ) -> None:
        engine = SeparateProcess(make)
        with pytest.raises(ModelError, match=message):
            engine.name  # noqa: B018 - asking for it waits until it is loaded
        assert processes() == []


class TestEnd:
    """Nothing of it is left."""

    def test_closing_twice_and_no_process_left(self) -> None:
        separate = SeparateProcess(fake_engines.fake)
        (process,) = processes()
        separate.close()
        separate.close()
        assert not Path(f"/proc/{process.pid}").exists()

    @pytest.mark.slow
    def test_closing_one_that_hangs(self, engine: SeparateProcess) -> None:
        (process,) = processes()
        engine.start()
        engine.hear(np.full(512, fake_engines.HANG_HEARING, dtype=np.float32))
        engine.close()
        assert not Path(f"/proc/{process.pid}").exists()

    def test_once_closed_it_is_never_started_again(self, engine: SeparateProcess) -> None:
        engine.close()
        assert utterance(engine, fake_engines.WORK) == NOTHING
        assert (engine.restarts, processes()) == (0, [])

    def test_an_interrupt_is_for_the_coach_alone(self, engine: SeparateProcess) -> None:
        (process,) = processes()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        assert utterance(engine, fake_engines.WORK).text == "pause"
        assert engine.restarts == 0

    @pytest.mark.slow
    def test_it_ends_with_the_coach_however_that_ends(self) -> None:
        program = (
            "import os, signal\n"
            "from tests.tools import fake_engines\n"
            "from voice_coach.hearing.engines.separate_process import SeparateProcess\n"
            "if __name__ == '__main__':\n"
            "    engine = SeparateProcess(fake_engines.fake)\n"
            "    print(engine._process.pid, flush=True)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        ) as coach:
            assert coach.stdout is not None
            # The engine holds this pipe as well: it ends when both have ended.
            number = int(coach.stdout.read())
        assert coach.returncode == -signal.SIGKILL
        assert _ends(number)


def _ends(process: int) -> bool:
    """Whether a process has ended, or ends within five seconds."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as ended:
        return bool(select.select([ended], [], [], 5)[0])
