"""The phrases on a real disk: exact, bounded, safe against damage, closed to others."""

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from voice_coach.audio.pcm import Pcm, from_int16
from voice_coach.paths import phrases_dir
from voice_coach.speaking.cache import PhraseCache
from voice_coach.speaking.espeak import EspeakVoice

HEADER = 48


def sound(length: int, seed: int = 0) -> Pcm:
    noise = np.random.default_rng(seed).integers(-32_768, 32_768, length)
    return from_int16(noise.astype(np.int16))


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "phrases"


@pytest.fixture
def cache(folder: Path) -> PhraseCache:
    return PhraseCache(folder)


def test_what_is_kept_comes_back_to_the_sample(cache: PhraseCache, folder: Path) -> None:
    voice = EspeakVoice()
    for text in ("Breathe in.", "Left side: hold for twenty seconds.", ""):
        rendered = voice.render(text, 1.3)
        assert cache.get(voice.identity, text, 1.3) is None
        cache.put(voice.identity, text, 1.3, rendered)
        kept = PhraseCache(folder).get(voice.identity, text, 1.3)
        assert kept is not None
        assert kept.dtype == np.float32
        assert np.array_equal(kept, rendered)
        with pytest.raises(ValueError, match="read-only"):
            kept[:] = 0.0


def test_every_part_of_the_key_counts(cache: PhraseCache) -> None:
    keys = [("v", "a", 1.0), ("w", "a", 1.0), ("v", "b", 1.0), ("v", "a", 1.1), ("va", "", 1.0)]
    keys += [("v", "\ud800", 1.0), ("v", "\ud801", 1.0), ("v", "a\0b", 1.0), ("v", "a" * 9_999, 1)]
    for seed, key in enumerate(keys):
        cache.put(*key, sound(10, seed))
    for seed, key in enumerate(keys):
        assert np.array_equal(cache.get(*key), sound(10, seed))  # type: ignore[arg-type]
    cache.put("v", "a", 1.0, sound(20, 99))
    assert np.array_equal(cache.get("v", "a", 1), sound(20, 99))  # type: ignore[arg-type]


def test_sounds_that_16_bits_cannot_hold_are_not_kept(cache: PhraseCache, folder: Path) -> None:
    for value in (0.1, 1.0, -1.5, float("nan")):
        cache.put("v", "a", 1.0, np.full(10, value, dtype=np.float32))
    assert cache.get("v", "a", 1.0) is None
    assert not files(folder)


def test_nobody_else_can_read_it_and_names_tell_nothing(folder: Path) -> None:
    before = os.umask(0)
    try:
        PhraseCache(folder).put("espeak", "My back hurts.", 1.0, sound(100))
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (file,) = files(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"hurts" not in file.read_bytes() + file.name.encode()
    folder.chmod(0o755)
    PhraseCache(folder).put("espeak", "Another.", 1.0, sound(100))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_made_before_there_is_something_to_keep(folder: Path) -> None:
    assert PhraseCache(folder).get("v", "a", 1.0) is None
    assert not folder.parent.exists()


@pytest.mark.parametrize("place", [0, 7, 8, 39, 40, 44, 47, 48, 148, 247])
def test_any_changed_byte_is_a_miss_and_the_file_goes(
    cache: PhraseCache, folder: Path, place: int
) -> None:
    cache.put("v", "a", 1.0, sound(100))
    (file,) = files(folder)
    content = bytearray(file.read_bytes())
    content[place] ^= 0x10
    file.write_bytes(content)
    assert cache.get("v", "a", 1.0) is None
    assert not files(folder)
    cache.put("v", "a", 1.0, sound(100))
    assert cache.get("v", "a", 1.0) is not None


@pytest.mark.parametrize(
    "length", [0, 1, HEADER - 1, HEADER, HEADER + 1, HEADER + 199, 249, 10_000]
)
def test_any_wrong_length_is_a_miss_and_the_file_goes(
    cache: PhraseCache, folder: Path, length: int
) -> None:
    cache.put("v", "a", 1.0, sound(100))
    (file,) = files(folder)
    file.write_bytes((file.read_bytes() + bytes(10_000))[:length])
    assert cache.get("v", "a", 1.0) is None
    assert not files(folder)


def test_the_file_of_another_phrase_is_a_miss(cache: PhraseCache, folder: Path) -> None:
    cache.put("v", "a", 1.0, sound(100, 1))
    (first,) = files(folder)
    cache.put("v", "b", 1.0, sound(100, 2))
    (second,) = set(files(folder)) - {first}
    shutil.copy(second, first)
    assert cache.get("v", "a", 1.0) is None
    assert np.array_equal(cache.get("v", "b", 1.0), sound(100, 2))  # type: ignore[arg-type]


def test_a_folder_in_the_place_of_a_file(folder: Path) -> None:
    cache = PhraseCache(folder)
    cache.put("v", "a", 1.0, sound(100))
    (file,) = files(folder)
    file.unlink()
    file.mkdir()
    assert cache.get("v", "a", 1.0) is None
    cache.put("v", "a", 1.0, sound(100))
    cache.put("v", "b", 1.0, sound(100))
    assert cache.problem is not None
    assert files(folder) == [file], "something half-written was left"


def test_the_size_is_bounded_and_what_was_used_longest_ago_goes_first(folder: Path) -> None:
    size = HEADER + 2 * 1_000
    cache = PhraseCache(folder, limit=32 * size)
    for number in range(32):
        cache.put("v", str(number), 1.0, sound(1_000, number))
    assert len(files(folder)) == 32
    for number, file in enumerate(sorted(files(folder), key=lambda f: f.stat().st_mtime_ns)):
        os.utime(file, ns=(number, number))  # an order that does not hang on the clock's steps
    assert cache.get("v", "0", 1.0) is not None
    for number in range(32, 42):
        cache.put("v", str(number), 1.0, sound(1_000, number))
        assert sum(file.stat().st_size for file in files(folder)) <= 32 * size
    kept = {number for number in range(42) if cache.get("v", str(number), 1.0) is not None}
    assert len(kept) >= 30
    assert kept >= {0, *range(32, 42)}
    assert kept == {0} | set(range(42 - len(kept) + 1, 42))


def test_a_smaller_limit_holds_for_what_is_there_already(folder: Path) -> None:
    for number in range(20):
        PhraseCache(folder).put("v", str(number), 1.0, sound(1_000))
    PhraseCache(folder, limit=10_000).put("v", "new", 1.0, sound(1_000))
    assert sum(file.stat().st_size for file in files(folder)) <= 10_000
    assert PhraseCache(folder).get("v", "new", 1.0) is not None


def test_a_phrase_over_the_limit_is_not_kept_and_displaces_nothing(folder: Path) -> None:
    cache = PhraseCache(folder, limit=1_000)
    cache.put("v", "small", 1.0, sound(100))
    cache.put("v", "large", 1.0, sound(1_000))
    assert cache.get("v", "small", 1.0) is not None
    assert cache.get("v", "large", 1.0) is None
    none = PhraseCache(folder, limit=0)
    none.put("v", "a", 1.0, sound(0))
    assert none.get("v", "a", 1.0) is None


@pytest.mark.parametrize("age", [-7_200, 7_200])
def test_what_a_dead_process_left_half_written_goes(folder: Path, age: int) -> None:
    folder.mkdir(parents=True)
    dead, alive, foreign = folder / "x.part", folder / "y.part", folder / "notes.txt"
    for file in (dead, alive, foreign):
        file.write_bytes(b"half")
    for file in (dead, foreign):
        os.utime(file, (time.time() - age, time.time() - age))
    PhraseCache(folder).put("v", "a", 1.0, sound(10))
    assert set(files(folder)) >= {alive, foreign}
    assert not dead.exists()


def assert_goes_on_without(cache: PhraseCache, folder: Path, why: str) -> None:
    for number in range(3):
        cache.put("v", str(number), 1.0, sound(10))
        assert cache.get("v", str(number), 1.0) is None
    assert cache.problem is not None
    assert str(folder) in cache.problem
    assert why in cache.problem
    assert "VOICE_COACH_CACHE" in cache.problem
    assert "\n" not in cache.problem


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("mine")
    cache = PhraseCache(place)
    assert_goes_on_without(cache, place, "file exists")
    assert place.read_text() == "mine"
    below = place / "phrases"
    assert_goes_on_without(PhraseCache(below), below, "not a directory")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that refuses")
def test_a_file_system_that_refuses() -> None:
    folder = Path("/proc/self/phrases")
    assert_goes_on_without(PhraseCache(folder), folder, "no such file")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_read_only_folder_is_still_read(folder: Path) -> None:
    PhraseCache(folder).put("v", "a", 1.0, sound(10))
    folder.chmod(0o500)
    cache = PhraseCache(folder)
    for text in ("b", "c"):
        cache.put("v", text, 1.0, sound(10))
    assert [cache.get("v", text, 1.0) is not None for text in "abc"] == [True, False, False]
    folder.chmod(0o700)
    assert cache.problem is not None
    assert "permission denied" in cache.problem


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can give a folder away")
def test_the_folder_of_somebody_else_is_neither_read_nor_written(folder: Path) -> None:
    PhraseCache(folder).put("v", "a", 1.0, sound(10))
    os.chown(folder, 12_345, 12_345)
    cache = PhraseCache(folder)
    assert cache.get("v", "a", 1.0) is None
    cache.put("v", "b", 1.0, sound(10))
    cache.put("v", "c", 1.0, sound(10))
    assert cache.problem is not None
    assert "no folder of this user" in cache.problem
    assert len(files(folder)) == 1


FULL_DISK = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from voice_coach.speaking.cache import PhraseCache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
cache = PhraseCache(Path(sys.argv[1]))
for length in (1_000, 3_000, 1_001):
    cache.put("v", str(length), 1.0, np.zeros(length, dtype=np.float32))
print(cache.problem)
print([cache.get("v", str(n), 1.0) is not None for n in (1_000, 3_000, 1_001)])
"""


def test_a_write_that_ends_halfway_leaves_nothing(folder: Path) -> None:
    # A limit on the size of files makes the system refuse in the middle of a real write.
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    notice, found = run.stdout.splitlines()
    assert notice.startswith(f"Spoken phrases cannot be kept in {folder}: the disk is full")
    assert found == "[True, False, False]"
    assert len(files(folder)) == 1


WRITER = """
import sys
import numpy as np
from pathlib import Path
from voice_coach.audio.pcm import from_int16
from voice_coach.speaking.cache import PhraseCache
cache = PhraseCache(Path(sys.argv[1]), limit=60_000)
source = np.random.default_rng(int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
hits = 0
for _ in range(600):
    number = int(source.integers(40))
    expected = from_int16(np.full(500 + number, number, dtype=np.int16))
    found = cache.get("v", str(number), 1.0)
    if found is None:
        cache.put("v", str(number), 1.0, expected)
    else:
        hits += 1
        assert np.array_equal(found, expected)
print(hits)
"""


@pytest.mark.slow
def test_several_processes_at_once(folder: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(3)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    results = [process.communicate("go\n", timeout=60) for process in running]
    assert [error for _, error in results] == ["", "", ""]
    assert all(int(hits) > 100 for hits, _ in results)
    assert not list(folder.glob("*.part"))
    assert sum(file.stat().st_size for file in files(folder)) <= 60_000 * (1 + 2 / 16)


@pytest.mark.slow
def test_killed_while_it_writes(folder: Path) -> None:
    program = WRITER.replace("range(600)", "range(10**9)").replace("limit=60_000", "limit=9_000")
    for seed in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.02 + 0.013 * seed)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    found = 0
    for number in range(40):
        kept = PhraseCache(folder).get("v", str(number), 1.0)
        if kept is not None:
            found += 1
            assert np.all(kept == np.float32(number / 32_768))
            assert len(kept) == 500 + number
    assert found


def test_phrases_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOICE_COACH_CACHE", str(tmp_path))
    assert phrases_dir() == tmp_path / "phrases"
    monkeypatch.setenv("VOICE_COACH_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert phrases_dir() == tmp_path / "xdg" / "voice-coach" / "phrases"
