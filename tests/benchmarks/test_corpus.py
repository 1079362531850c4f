"""Who speaks in the benchmarks: the halves are apart, and every intent is said."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks import corpus
from benchmarks.corpus import MOST_USED, SPEAKERS, Speaker, own_commands, session_sample
from voice_coach.audio.pcm import silence
from voice_coach.speaking.espeak import EspeakVoice

PEOPLE = {"kal16": "kal", "kal_diphone": "kal", "cmu_us_slt_arctic_hts": "slt"}


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(corpus, "_cache_folder", lambda: tmp_path)
    return tmp_path


def test_nobody_is_in_both_halves() -> None:
    halves: dict[str, set[str]] = {}
    for speaker in SPEAKERS:
        halves.setdefault(PEOPLE.get(speaker.voice, speaker.voice), set()).add(speaker.half)
    assert all(len(half) == 1 for half in halves.values())
    assert Counter(s.half for s in SPEAKERS) == {"tuning": 7, "test": 6}
    assert EspeakVoice().name not in {str(speaker) for speaker in SPEAKERS}


def test_every_second_recording_is_for_testing() -> None:
    paths = [Path(name) for name in "abcde"]
    assert list(corpus.half_of(paths).values()) == ["tuning", "test"] * 2 + ["tuning"]


def test_every_intent_of_a_session_is_said() -> None:
    sample = session_sample()
    commands = own_commands()
    intents = Counter(i.name for text in sample if (i := commands.match(text, "session")))
    keys = commands.grammar("session").plain.sentences()
    some = sorted(keys)[::29]
    spoken_now = {i.name for s in some if (i := commands.match(s, "session"))}
    assert set(intents) >= spoken_now
    assert len(spoken_now) >= 15
    assert sum(intents.values()) == len(sample) == len(set(sample))
    assert set(MOST_USED) < set(sample)
    assert 75 <= len(sample) <= 105


def test_every_sentence_of_the_quick_comparison_means_something() -> None:
    meant = [own_commands().match(text, "session") for text in corpus.lines("quick_commands.txt")]
    assert all(meant)
    assert len({intent.name for intent in meant if intent}) >= 30


def test_no_word_of_the_lists_is_a_command() -> None:
    grammar = own_commands().grammar("session")
    words = corpus.lines("words.txt")
    assert [word for word in words if grammar.accepts(word)] == []
    assert len(words) > 500
    assert len(set(words)) == len(words)


def test_a_clip_is_made_once(own_cache: Path) -> None:
    speaker = Speaker("espeak", "en-us+f2", "tuning")
    first = corpus.said(speaker, "pause")
    assert len(list(own_cache.iterdir())) == 1
    assert np.array_equal(corpus.said(speaker, "pause"), first)
    assert len(list(own_cache.iterdir())) == 1
    slow = corpus.said(speaker, "pause", 0.85)
    assert len(list(own_cache.iterdir())) == 2
    assert len(slow) > len(first)


@pytest.mark.parametrize("speaker", [SPEAKERS[4], SPEAKERS[5]], ids=str)
def test_voices_that_are_programs(speaker: Speaker, own_cache: Path) -> None:
    if speaker.synthesiser in corpus.lacking_programs():
        pytest.skip(f"{speaker.synthesiser} is not installed; run scripts/setup --dev")
    clip = corpus.said(speaker, "how long left")
    assert 8_000 < len(clip) < 40_000
    assert 0.05 < np.abs(clip).max() <= 1
    assert list(own_cache.iterdir())


def test_where_speech_begins_and_ends() -> None:
    loud = np.full(1600, 0.1, dtype=np.float32)
    clip = np.concatenate([silence(3200), loud, silence(1600), loud, silence(800)])
    assert corpus.speech_ends(clip) == (3200, 8000)
    assert corpus.speech_ends(silence(3200)) == (0, 0)


def test_seeds_and_rates_depend_on_names_alone() -> None:
    assert corpus.seed_of("a", "b") == corpus.seed_of("a", "b") != corpus.seed_of("ab")
    assert {corpus.rate_of("x", str(n)) for n in range(30)} == set(corpus.RATES)
