"""What a user has taught: the file, the comparison, and what it changes."""

from pathlib import Path

import numpy as np
import pytest

from voice_coach.errors import ModelError, OutputError
from voice_coach.hearing.engines.recogniser import Hypothesis
from voice_coach.hearing.enrolled.profile import (
    FEATURES,
    FRAME,
    EnrolledVoice,
    Features,
    Profile,
    Take,
    Warping,
    own_profile,
    trimmed,
)
from voice_coach.paths import profile_path
from voice_coach.units import to_samples

QUIET = np.ones((25, FEATURES), dtype=np.float32)
"""What the network makes of silence: always much the same."""
CENTRE = QUIET[0]


def word(seed: int, frames: int = 30) -> Features:
    """Return frames that change gradually, as speech does, and differ from those of other words."""
    chance = np.random.default_rng(seed)
    corners = chance.standard_normal((6, FEATURES))
    at = np.linspace(0, 5, frames)
    whole = np.floor(at).astype(int).clip(0, 4)
    part = (at - whole)[:, np.newaxis]
    return ((1 - part) * corners[whole] + part * corners[whole + 1] + 1).astype(np.float32)


def spoken(*words: Features, noise: float = 0.0, seed: int = 9) -> Features:
    """Return the features of an utterance, with silence around it."""
    sound = np.concatenate([QUIET, *words, QUIET])
    return sound + noise * np.random.default_rng(seed).standard_normal(sound.shape).astype("f4")


def anything(_: str) -> bool:
    return True


PAUSE, STOP, OTHER = word(1), word(2), word(3)
PROFILE = Profile((Take("pause", PAUSE), Take("pause", word(1, 24)), Take("stop", STOP)), "today")


@pytest.fixture(scope="module")
def taught() -> EnrolledVoice:
    return EnrolledVoice(PROFILE)


def test_a_profile_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "voice.npz"
    PROFILE.save(path)
    again = Profile.load(path)
    assert again.phrases == ("pause", "stop")
    assert again.made == "today"
    for take, before in zip(again.takes, PROFILE.takes, strict=True):
        assert take.phrase == before.phrase
        assert take.frames == pytest.approx(before.frames, rel=1e-3, abs=1e-3)
    assert [each.name for each in path.parent.iterdir()] == ["voice.npz"]


def test_a_profile_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "voice.npz"
    PROFILE.save(path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OutputError, match=r"the disk is full.*Nothing was changed"):
        PROFILE.save(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["voice.npz"]


def content(**changed: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "version": np.array(1),
        "made": np.array(""),
        "phrases": np.array(["pause"]),
        "lengths": np.array([30]),
        "frames": PAUSE.astype(np.float16),
    }
    return whole | changed


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"version": np.array(2)}, "another version"),
        ({"lengths": np.array([29])}, "damaged"),
        ({"lengths": np.array([-5])}, "damaged"),
        ({"phrases": np.array(["a", "b"])}, "damaged"),
        ({"phrases": np.array([1])}, "damaged"),
        ({"frames": PAUSE}, "damaged"),
        ({"frames": np.full((30, FEATURES), np.nan, np.float16)}, "damaged"),
        ({"frames": np.zeros((30, 5), np.float16)}, "damaged"),
    ],
)
def test_a_wrong_profile_is_told_in_one_line(
    tmp_path: Path, wrong: dict[str, object], reason: str
) -> None:
    path = tmp_path / "voice.npz"
    np.savez(path, **content(**wrong))  # type: ignore[arg-type]
    with pytest.raises(ModelError) as told:
        Profile.load(path)
    assert reason in str(told.value)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_a_torn_profile_is_told(tmp_path: Path, size: int) -> None:
    path = tmp_path / "voice.npz"
    PROFILE.save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match="cannot be read"):
        Profile.load(path)


def test_flipped_bytes_never_end_in_anything_but_one_line(tmp_path: Path) -> None:
    path = tmp_path / "voice.npz"
    PROFILE.save(path)
    whole = path.read_bytes()
    refused = 0
    for at in range(0, len(whole), len(whole) // 150):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            Profile.load(path)
        except ModelError:
            refused += 1
    assert refused > 100


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "voice.npz"
    np.savez(path, **content(phrases=np.array([{"a": 1}], dtype=object)))  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="damaged"):
        Profile.load(path)


def test_where_the_profile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_COACH_PROFILE", str(tmp_path / "mine.npz"))
    assert profile_path() == tmp_path / "mine.npz"
    assert own_profile() is None
    PROFILE.save(profile_path())
    found = own_profile()
    assert found
    assert found.phrases == ("pause", "stop")
    monkeypatch.delenv("VOICE_COACH_PROFILE")
    assert profile_path().name == "voice.npz"


@pytest.mark.parametrize("frames", [20, 30, 45])
def test_a_word_is_found_however_fast_it_is_said(frames: int) -> None:
    here, other = Warping([PAUSE, STOP], CENTRE).distances(spoken(word(1, frames)))
    assert here < 0.1
    assert other > 0.5


def test_a_word_counts_only_as_a_whole() -> None:
    warping = Warping([PAUSE], CENTRE)
    assert warping.distances(spoken(PAUSE[:12]))[0] > 0.15
    assert warping.distances(spoken(PAUSE, OTHER, OTHER))[0] > 0.4
    assert warping.distances(spoken(word(1, 100)))[0] > 0.15


def test_too_little_sound_is_far_from_everything() -> None:
    assert Warping([PAUSE, STOP]).distances(QUIET[:3]) == pytest.approx([1.5, 1.5])


def test_what_is_near_is_recognised(taught: EnrolledVoice) -> None:
    sound = spoken(word(1, 26), noise=0.1)
    for found in (Hypothesis("", 0.0), Hypothesis("next", 0.3), Hypothesis("pause", 0.4)):
        corrected = taught.corrected(found, sound, anything)
        assert corrected.text == "pause"
        assert corrected.confidence > 0.9
        assert "from your “pause”" in corrected.evidence


def test_what_is_near_takes_the_place_of_another_sentence(taught: EnrolledVoice) -> None:
    corrected = taught.corrected(
        Hypothesis("next", 0.97, (0, 1), "said so"), spoken(STOP), anything
    )
    assert corrected.text == "stop"
    assert corrected.confidence >= 0.97
    assert corrected.span is None
    assert corrected.evidence.startswith("said so; ")


@pytest.mark.parametrize("text", ["", "next", "pause"])
@pytest.mark.parametrize("confidence", [0.0, 0.4, 0.8])
def test_what_is_far_changes_nothing(taught: EnrolledVoice, text: str, confidence: float) -> None:
    found = Hypothesis(text, confidence, (1, 2))
    corrected = taught.corrected(found, spoken(OTHER), anything)
    assert (corrected.text, corrected.confidence, corrected.span) == (text, confidence, (1, 2))


def test_nothing_is_heard_that_the_grammar_does_not_accept(taught: EnrolledVoice) -> None:
    found = Hypothesis("next", 0.2)
    corrected = taught.corrected(found, spoken(PAUSE), lambda text: text != "pause")
    assert (corrected.text, corrected.confidence) == ("next", 0.2)
    assert taught.corrected(found, spoken(PAUSE), lambda _: False) == found


def test_a_single_phrase_can_be_taught() -> None:
    one = EnrolledVoice(Profile((Take("pause", PAUSE),)))
    assert one.corrected(Hypothesis("", 0.0), spoken(PAUSE), anything).text == "pause"


def test_a_take_is_cut_to_the_voice() -> None:
    features = np.arange(100 * FEATURES, dtype=np.float32).reshape(1, 100, FEATURES)
    start, end = to_samples(0.48), to_samples(1.2)
    cut = trimmed(features, start, end)
    assert np.array_equal(cut, features[0, start // FRAME - 2 : end // FRAME + 3])
    assert np.array_equal(trimmed(features, 0, end)[0], features[0, 0])
