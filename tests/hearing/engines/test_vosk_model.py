"""Folders that libvosk must never see: each fault is named in one line, and nothing crashes.

Whatever could end the process is tried in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from voice_coach.errors import ModelError
from voice_coach.hearing.engines.vosk_model import load_model


def test_recognisers_of_one_folder_share_the_model(vosk_model: Path) -> None:
    model = load_model(vosk_model)
    assert load_model(vosk_model / ".." / vosk_model.name) is model


DAMAGED = """
import json, sys
from pathlib import Path
from voice_coach.errors import ModelError
from voice_coach.hearing.engines.vosk_model import load_model

for folder in sorted(Path(sys.argv[1]).iterdir()):
    print(json.dumps([folder.name, "tried"]), flush=True)
    try:
        load_model(folder)
        outcome = "loaded"
    except ModelError as error:
        outcome = str(error)
    print(json.dumps([folder.name, outcome]), flush=True)
"""
REQUIRED = (
    "am/final.mdl",
    "conf/mfcc.conf",
    "conf/model.conf",
    "graph/Gr.fst",
    "graph/HCLr.fst",
    "graph/words.txt",
    "graph/disambig_tid.int",
)
SPOILT = {
    "unknown option": ("conf/model.conf", b"--endpoint.silence-phones=1\n--sample-rate=8000\n"),
    "no silence phones": ("conf/model.conf", b"--beam=12.0\n"),
    "no option": ("conf/model.conf", b"beam: 12\n"),
    "no name": ("conf/mfcc.conf", b"--=16000\n"),
    "other features": ("conf/mfcc.conf", b"--num-ceps=13\n"),
    "binary settings": ("conf/mfcc.conf", bytes(range(256))),
    "no network": ("am/final.mdl", b"This is not a network.\n"),
    "no graph": ("graph/HCLr.fst", bytes(range(256)) * 4),
    "no word numbers": ("graph/words.txt", b"stop\ngo\n"),
}


def outcomes_of(folder: Path) -> dict[str, str]:
    """What loading each model in `folder` came to, in a process that may crash."""
    command = [sys.executable, "-c", DAMAGED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    outcomes = dict(json.loads(line) for line in done.stdout.splitlines())
    crashed = [name for name, outcome in outcomes.items() if outcome == "tried"]
    assert (done.returncode, done.stderr, crashed) == (0, "", [])
    return outcomes


@pytest.fixture
def files(vosk_model: Path) -> dict[str, bytes]:
    paths = [path for path in vosk_model.rglob("*") if path.is_file()]
    return {str(path.relative_to(vosk_model)): path.read_bytes() for path in paths}


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_empty_or_truncated_file_is_named(
    files: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    content = files[name]
    put(tmp_path / "missing", {n: c for n, c in files.items() if n != name})
    if content:  # the list of disambiguation symbols is empty in this model
        put(tmp_path / "empty", files | {name: b""})
        for part in (0.01, 0.3, 0.6, 0.95):
            # Text is cut within a line: the rest of some settings would be settings too.
            put(tmp_path / f"{part}", files | {name: within_line(content, part)})
    outcomes = outcomes_of(tmp_path)
    assert len(outcomes) == (6 if content else 1)
    for outcome in outcomes.values():
        assert name in outcome
        assert "Install the model again" in outcome
        assert "\n" not in outcome


def within_line(content: bytes, part: float) -> bytes:
    cut = int(len(content) * part)
    while content[cut - 1 : cut] in b"\n=" and cut:
        cut += 1
    return content[:cut]


def test_spoilt_files_are_named(files: dict[str, bytes], tmp_path: Path) -> None:
    for case, (name, content) in SPOILT.items():
        put(tmp_path / case, files | {name: content})
    outcomes = outcomes_of(tmp_path)
    for case, (name, _) in SPOILT.items():
        assert name in outcomes[case] or case == "other features"
    assert "--sample-rate=8000" in outcomes["unknown option"]
    assert "dimension" in outcomes["other features"]


def test_a_fixed_grammar_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    put(tmp_path / "static", files | {"graph/HCLG.fst": files["graph/HCLr.fst"]})
    (outcome,) = outcomes_of(tmp_path).values()
    assert "fixed grammar" in outcome
    assert "'small' or 'lgraph'" in outcome


def test_a_network_that_wants_to_know_the_speaker_needs_those_files(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    network = files["am/final.mdl"].replace(
        b"input-node name=input", b"input-node name=ivector dim=30\ninput-node name=input", 1
    )
    put(tmp_path / "speaker", files | {"am/final.mdl": network})
    (outcome,) = outcomes_of(tmp_path).values()
    assert "ivector/final" in outcome


def test_the_old_flat_layout(files: dict[str, bytes], tmp_path: Path) -> None:
    flat = {Path(name).name: content for name, content in files.items()}
    put(tmp_path / "flat", flat)
    put(tmp_path / "lacking", {name: c for name, c in flat.items() if name != "HCLr.fst"})
    outcomes = outcomes_of(tmp_path)
    assert outcomes["flat"] == "loaded"
    assert "HCLr.fst is missing" in outcomes["lacking"]


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name, said_of_it in (("nowhere", "not a folder"), ("file", "not a folder")):
        with pytest.raises(ModelError, match=said_of_it):
            load_model(tmp_path / name)
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing"):
        load_model(tmp_path / "empty")
