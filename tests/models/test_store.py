"""Installing models from a real HTTP server on this machine that serves tiny made-up ones."""

import hashlib
import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from voice_coach.errors import ModelError, OutputError, VoiceCoachError
from voice_coach.models.store import (
    InstalledModel,
    Manifest,
    find,
    install,
    installed,
    remove,
    verify,
)
from voice_coach.paths import models_dir

RECOGNISER = "vosk-model-tiny-en"
VOICE = "en_GB-tiny-low"
ONNX = bytes(range(256)) * 40


def archive(names: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in names.items():
            target.writestr(name, content)
    return memory.getvalue()


def model_files(folder: str = f"{RECOGNISER}/") -> dict[str, bytes]:
    names = "am/final.mdl conf/mfcc.conf conf/model.conf graph/HCLr.fst graph/Gr.fst README"
    return {folder + name: name.encode() * 500 for name in names.split()}


def flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


class Publisher(ThreadingHTTPServer):
    """Serves `files`, each whole or only its first `cut[path]` bytes; knows Range."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        wanted = self.headers.get("Range", "")
        self.server.asked.append((self.path, wanted))
        if content is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-") or 0)
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : self.server.cut.get(self.path)])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    server.files["/vosk.zip"] = archive(model_files())
    server.files["/tiny.onnx"] = ONNX
    server.files[f"/{VOICE}.onnx"] = ONNX
    server.files[f"/{VOICE}.onnx.json"] = b'{"audio": {"sample_rate": 16000}}'
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_COACH_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def entry(publisher: Publisher, path: str, **changes: Any) -> dict[str, Any]:
    content = publisher.files[path]
    facts = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {"url": publisher.url + path, **facts, **changes}


def manifest(publisher: Publisher, **changes: Any) -> Manifest:
    voice = [entry(publisher, f"/{VOICE}.onnx{end}") for end in ("", ".json")]
    common = {"language": "en", "licence": "CC0-1.0", "about": "Made up."}
    models = [
        {"name": RECOGNISER, "kind": "recogniser"}
        | {"files": [entry(publisher, "/vosk.zip", **changes)]}
        | common,
        {"name": VOICE, "kind": "voice", "files": voice} | common,
    ]
    lists = {"recogniser": f"{publisher.url}/list.json", "voice": f"{publisher.url}/voices.json"}
    return Manifest.model_validate({"lists": lists, "models": models})


def no_traces(folder: Path) -> bool:
    """Nothing that could be taken for a model, or hides one."""
    return not installed("recogniser") and not installed("voice") and not (folder / VOICE).exists()


def one_line(error: pytest.ExceptionInfo[VoiceCoachError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    return message


# --- the manifest that ships ---


def test_the_manifest_names_models_that_a_person_can_choose_from() -> None:
    models = Manifest.load().models
    assert len({model.name for model in models}) == len(models)
    assert {model.kind for model in models} == {"recogniser", "voice"}
    for model in models:
        assert model.licence in {"Apache-2.0", "public domain"}
        assert len(model.about) > 20
        assert 10**7 < model.size < 2 * 10**8
        assert all(file.md5 or file.sha256 for file in model.files)
        assert all(file.url.startswith("https://") for file in model.files)
        assert {file.name.removesuffix(".zip").partition(".onnx")[0] for file in model.files} == {
            model.name
        }
    voices = [model for model in models if model.kind == "voice"]
    assert all([file.name.split(".", 1)[1] for file in v.files] == ["onnx", "onnx.json"]
               for v in voices)  # fmt: skip


def test_a_name_that_is_not_there_gets_a_suggestion() -> None:
    with pytest.raises(ModelError, match=r"Did you mean 'vosk-model-small-en-us-0.15'") as error:
        install("vosk-small-en-us-0.15")
    assert "models list" in one_line(error)


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"lists": {}}', '{"lists": {}, "models": [{"name": "x"}]}', '{"lists": 1}'],
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="Cannot read the list of models") as error:
        Manifest.load(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("url", ["http://example.org/m.zip", "file:///etc/passwd", "ftp://a/b"])
def test_only_https_is_downloaded(publisher: Publisher, url: str) -> None:
    with pytest.raises(ValueError, match="only https"):
        manifest(publisher, url=url)


# --- where models are ---


def put_recogniser(folder: Path, name: str, network: int = 10) -> None:
    for path, content in model_files(f"{name}/").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content * network if path.endswith(".mdl") else content)


def test_the_better_recogniser_comes_first(folder: Path) -> None:
    for name in ("vosk-model-small-en-us-0.15", "vosk-model-en-us-0.22-lgraph", "a-small-one"):
        put_recogniser(folder, name)
    put_recogniser(folder, "my-large-one", network=20)
    put_recogniser(folder, "vosk-model-small-en-gb-0.15")
    assert [(each.name, each.word_errors) for each in installed("recogniser")] == [
        ("vosk-model-en-us-0.22-lgraph", 7.82),
        ("vosk-model-small-en-us-0.15", 9.85),
        ("vosk-model-small-en-gb-0.15", None),
        ("my-large-one", None),
        ("a-small-one", None),
    ]


def test_the_voice_of_higher_quality_comes_first(folder: Path) -> None:
    qualities = {"en_US-b-medium": "medium", "en_US-a-medium": "medium", "own": None, "c": "high"}
    folder.mkdir()
    for name, quality in qualities.items():
        (folder / f"{name}.onnx").write_bytes(ONNX)
        (folder / f"{name}.onnx.json").write_text(json.dumps({"audio": {"quality": quality}}))
    names = [each.name for each in installed("voice")]
    assert names == ["c", "en_US-a-medium", "en_US-b-medium", "own"]


def test_the_name_tells_the_language() -> None:
    names = {
        "vosk-model-small-en-us-0.15": "en",
        "vosk-model-en-us-0.22-lgraph": "en",
        "vosk-model-small-ko-0.22": "ko",
        "vosk-model-tiny-en": "en",
        "mine": None,
    }
    told = {name: InstalledModel(name, "recogniser", Path()).language for name in names}
    assert told == names
    assert InstalledModel("de_DE-thorsten-medium", "voice", Path()).language == "de"
    assert InstalledModel("tones-22050", "voice", Path()).language is None


def test_the_folder_can_be_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models_dir() == folder
    monkeypatch.delenv("VOICE_COACH_MODELS")
    assert models_dir().parts[-2:] == ("voice-coach", "models")


def test_nothing_is_installed_in_a_folder_that_is_not_there(folder: Path) -> None:
    assert not folder.exists()
    assert installed("recogniser") == []
    assert find("voice") is None
    assert not folder.exists()


def test_models_put_there_by_hand_are_found(folder: Path) -> None:
    for name, content in model_files("my-model/").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "mine.onnx").write_bytes(ONNX)
    assert installed("voice") == []  # its description is missing
    (folder / "mine.onnx.json").write_text("{}")
    assert find("voice") == folder / "mine.onnx"
    assert find("voice", "mine") == folder / "mine.onnx"
    assert find("voice", "yours") is None
    assert find("recogniser") == folder / "my-model"
    (folder / "my-model/graph/HCLr.fst").unlink()
    assert find("recogniser") is None


def test_a_recommended_voice_that_was_copied_only_in_part_is_not_found(folder: Path) -> None:
    folder.mkdir()
    (folder / "en_GB-cori-medium.onnx").write_bytes(ONNX)
    (folder / "en_GB-cori-medium.onnx.json").write_text("{}")
    assert find("voice") is None


def test_recommended_models_come_first(folder: Path) -> None:
    for name in ("a-model", "vosk-model-small-en-gb-0.15", "vosk-model-small-en-us-0.15"):
        for path, content in model_files(f"{name}/").items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    names = [model.name for model in installed("recogniser")]
    assert names == ["vosk-model-small-en-us-0.15", "vosk-model-small-en-gb-0.15", "a-model"]


# --- installing ---


def test_a_recogniser_is_installed(publisher: Publisher, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    model = install(RECOGNISER, lambda *state: told.append(state), manifest(publisher))
    assert model.path == folder / RECOGNISER == find("recogniser")
    for name, content in model_files("").items():
        assert (model.path / name).read_bytes() == content
    size = len(publisher.files["/vosk.zip"])
    assert told[-1] == ("vosk.zip", size, size)
    assert verify(model) == []
    assert sorted(path.name for path in folder.iterdir()) == [".partial", RECOGNISER]
    assert list((folder / ".partial").iterdir()) == []


def test_a_voice_is_installed(publisher: Publisher, folder: Path) -> None:
    model = install(VOICE, manifest=manifest(publisher))
    assert model.path == folder / VOICE / f"{VOICE}.onnx" == find("voice")
    assert model.path.read_bytes() == ONNX
    assert Path(f"{model.path}.json").exists()


def test_an_archive_without_an_outer_folder_is_installed(publisher: Publisher) -> None:
    publisher.files["/vosk.zip"] = archive(model_files(""))
    install(RECOGNISER, manifest=manifest(publisher))
    assert find("recogniser", RECOGNISER)


def test_installing_again_downloads_nothing(publisher: Publisher) -> None:
    first = install(VOICE, manifest=manifest(publisher))
    publisher.asked.clear()
    assert install(VOICE, manifest=manifest(publisher)) == first
    assert publisher.asked == []


@pytest.mark.parametrize("keep_size", [False, True])
def test_a_damaged_installation_is_repaired(publisher: Publisher, keep_size: bool) -> None:
    model = install(RECOGNISER, manifest=manifest(publisher))
    content = (model.path / "graph/Gr.fst").read_bytes()
    (model.path / "graph/Gr.fst").write_bytes(flipped(content, 9) if keep_size else b"short")
    assert bool(find("recogniser")) == keep_size  # finding looks at sizes only
    assert verify(model)
    install(RECOGNISER, manifest=manifest(publisher))
    assert verify(model) == []


def test_a_download_that_breaks_off_goes_on_where_it_ended(
    publisher: Publisher, folder: Path
) -> None:
    publisher.cut[f"/{VOICE}.onnx"] = 4_000
    with pytest.raises(ModelError, match="broke off") as error:
        install(VOICE, manifest=manifest(publisher))
    message = one_line(error)
    assert "4,000 of 10,240 bytes" in message
    assert "Run the same command again" in message
    assert no_traces(folder)
    publisher.cut.clear()
    publisher.asked.clear()
    model = install(VOICE, manifest=manifest(publisher))
    assert publisher.asked[0] == (f"/{VOICE}.onnx", "bytes=4000-")
    assert model.path.read_bytes() == ONNX


def test_a_download_cannot_go_on_with_another_file(publisher: Publisher) -> None:
    good = manifest(publisher)
    publisher.cut[f"/{VOICE}.onnx"] = 4_000
    with pytest.raises(ModelError, match="broke off"):
        install(VOICE, manifest=good)
    publisher.cut.clear()
    publisher.files[f"/{VOICE}.onnx"] = ONNX[:5_000] + b"x" * 5_240
    with pytest.raises(ModelError, match="wrong checksum"):
        install(VOICE, manifest=good)
    publisher.files[f"/{VOICE}.onnx"] = ONNX
    assert install(VOICE, manifest=good).path.read_bytes() == ONNX


def test_a_file_that_has_become_shorter_is_fetched_anew(publisher: Publisher) -> None:
    old = manifest(publisher)
    publisher.cut[f"/{VOICE}.onnx"] = 4_000
    with pytest.raises(ModelError, match="broke off"):
        install(VOICE, manifest=old)
    publisher.cut.clear()
    publisher.files[f"/{VOICE}.onnx"] = ONNX[:3_000]
    publisher.files["/voices.json"] = voices_list(publisher)
    assert install(VOICE, manifest=old).path.read_bytes() == ONNX[:3_000]


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"md5": "0" * 32}, {"size": 999}])
def test_a_wrong_checksum_is_refused(
    publisher: Publisher, folder: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(ModelError) as error:
        install(RECOGNISER, manifest=manifest(publisher, **changes))
    message = one_line(error)
    assert "vosk.zip" in message
    assert "wrong checksum" in message
    assert no_traces(folder)
    assert not list((folder / ".partial" / RECOGNISER).iterdir())


def test_a_download_without_end_is_cut_off(publisher: Publisher, folder: Path) -> None:
    publisher.files["/vosk.zip"] = bytes(10**7)
    with pytest.raises(ModelError, match="far larger than the 10,000 bytes known") as error:
        install(RECOGNISER, manifest=manifest(publisher, size=10_000))
    one_line(error)
    assert (folder / ".partial" / RECOGNISER / "vosk.zip").stat().st_size < 10**6


# --- what the publisher says ---


def voices_list(publisher: Publisher) -> bytes:
    files = {
        f"en/tiny/{VOICE}.onnx{end}": {
            "size_bytes": len(publisher.files[f"/{VOICE}.onnx{end}"]),
            "md5_digest": hashlib.md5(publisher.files[f"/{VOICE}.onnx{end}"]).hexdigest(),  # noqa: S324
        }
        for end in ("", ".json")
    }
    return json.dumps({VOICE: {"files": files}}).encode()


def test_a_model_that_its_publisher_has_replaced_is_taken(publisher: Publisher) -> None:
    old = manifest(publisher)
    publisher.files["/vosk.zip"] = archive(model_files() | {f"{RECOGNISER}/NEWS": b"better"})
    content = publisher.files["/vosk.zip"]
    listed = {"name": RECOGNISER, "size": len(content), "md5": hashlib.md5(content).hexdigest()}  # noqa: S324
    publisher.files["/list.json"] = json.dumps([{"name": "other"}, listed]).encode()
    model = install(RECOGNISER, manifest=old)
    assert (model.path / "NEWS").read_bytes() == b"better"
    assert verify(model) == []


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"3", b'[{"name": "vosk-model-tiny-en"}]'])
def test_a_useless_list_changes_nothing(publisher: Publisher, document: bytes) -> None:
    publisher.files["/list.json"] = document
    with pytest.raises(ModelError, match="wrong checksum"):
        install(RECOGNISER, manifest=manifest(publisher, md5="0" * 32))


# --- without a network, by hand ---


def test_without_a_network_the_line_says_what_to_put_where(
    publisher: Publisher, folder: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/vosk.zip"
    with pytest.raises(ModelError) as error:
        install(RECOGNISER, manifest=manifest(publisher, url=url))
    message = one_line(error)
    assert url in message
    assert "Connection refused" in message
    assert f"put vosk.zip into {folder}" in message
    assert no_traces(folder)


def test_a_file_that_is_not_there_any_more(publisher: Publisher) -> None:
    with pytest.raises(ModelError, match="404") as error:
        install(RECOGNISER, manifest=manifest(publisher, url=publisher.url + "/gone.zip"))
    assert "gone.zip" in one_line(error)


def test_an_archive_put_there_by_hand_is_installed(publisher: Publisher, folder: Path) -> None:
    folder.mkdir()
    (folder / "vosk.zip").write_bytes(publisher.files["/vosk.zip"])
    install(RECOGNISER, manifest=manifest(publisher))
    assert publisher.asked == []
    assert find("recogniser", RECOGNISER)


def test_a_damaged_archive_put_there_by_hand_is_kept_and_named(
    publisher: Publisher, folder: Path
) -> None:
    folder.mkdir()
    (folder / "vosk.zip").write_bytes(publisher.files["/vosk.zip"][:-9])
    with pytest.raises(ModelError, match="Delete it if you put it into") as error:
        install(RECOGNISER, manifest=manifest(publisher))
    assert str(folder) in one_line(error)
    assert (folder / "vosk.zip").exists()


# --- archives that mean harm ---


def link() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as target:
        member = zipfile.ZipInfo(f"{RECOGNISER}/am")
        member.external_attr = 0o120777 << 16
        target.writestr(member, "/etc")
        target.writestr(f"{RECOGNISER}/am/passwd", "x")
    return memory.getvalue()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (archive({"../evil": b"x"}), "would write to '../evil'"),
        (archive({f"{RECOGNISER}/../../evil": b"x"}), "would write to"),
        (archive({"/tmp/evil": b"x"}), "would write to '/tmp/evil'"),  # noqa: S108
        (archive({"..\\evil": b"x"}), "would write to"),
        (archive({"C:/evil": b"x"}), "would write to"),
        (link(), "would write to"),
        (archive({f"{RECOGNISER}/zeros": b"\0" * 10**7}), "not a speech model"),
        (b"PK\x03\x04 no archive", "no whole zip file"),
        (archive(model_files())[:-30], "no whole zip file"),
        (flipped(archive(model_files()), 60), "no whole zip file"),
        (archive({f"{RECOGNISER}/README": b"hello"}), "am/final.mdl is missing"),
        (archive({}), "holds no speech model"),
    ],
)
def test_bad_archives_are_refused(
    publisher: Publisher, folder: Path, content: bytes, part: str
) -> None:
    publisher.files["/vosk.zip"] = content
    with pytest.raises(ModelError) as error:
        install(RECOGNISER, manifest=manifest(publisher))
    assert part in one_line(error)
    assert no_traces(folder)
    assert not list(folder.parent.rglob("evil"))


# --- the disk ---


def test_a_full_disk(publisher: Publisher, folder: Path) -> None:
    part = folder / ".partial" / VOICE / f"{VOICE}.onnx"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full") as error:
        install(VOICE, manifest=manifest(publisher))
    assert "VOICE_COACH_MODELS" in one_line(error)
    assert no_traces(folder)


def test_a_disk_that_is_too_small(publisher: Publisher) -> None:
    with pytest.raises(OutputError, match="MB are needed") as error:
        install(RECOGNISER, manifest=manifest(publisher, size=10**15))
    assert "VOICE_COACH_MODELS" in one_line(error)
    assert publisher.asked == []


def test_a_folder_that_cannot_be_made(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VOICE_COACH_MODELS", str(tmp_path / "file" / "models"))
    with pytest.raises(OutputError, match="Cannot write to") as error:
        install(VOICE, manifest=manifest(publisher))
    assert str(tmp_path / "file") in one_line(error)


# --- afterwards ---


def test_verify_reads_every_byte(publisher: Publisher) -> None:
    model = install(RECOGNISER, manifest=manifest(publisher))
    damaged = model.path / "am/final.mdl"
    damaged.write_bytes(flipped(damaged.read_bytes(), 100))
    assert verify(model) == [f"{damaged} is damaged"]
    damaged.unlink()
    assert verify(model) == [f"{damaged} is missing or incomplete"]


def test_remove(publisher: Publisher, folder: Path) -> None:
    install(RECOGNISER, manifest=manifest(publisher))
    install(VOICE, manifest=manifest(publisher))
    (folder / "mine.onnx").write_bytes(ONNX)
    (folder / "mine.onnx.json").write_text("{}")
    assert remove(VOICE) == [folder / VOICE]
    assert [model.name for model in installed("voice")] == ["mine"]
    assert remove("mine") == [folder / "mine.onnx", folder / "mine.onnx.json"]
    assert find("recogniser") == folder / RECOGNISER
    remove(RECOGNISER)
    assert no_traces(folder)
    with pytest.raises(ModelError, match="No model called") as error:
        remove(RECOGNISER)
    assert str(folder) in one_line(error)


@pytest.mark.parametrize("name", ["..", ".", "", "../models", ".partial", "/"])
def test_remove_stays_in_the_folder(folder: Path, name: str) -> None:
    (folder / ".partial" / "half").mkdir(parents=True)
    with pytest.raises(ModelError):
        remove(name)
    assert (folder / ".partial" / "half").exists()


def test_remove_takes_a_broken_download_away(publisher: Publisher, folder: Path) -> None:
    publisher.cut[f"/{VOICE}.onnx"] = 4_000
    with pytest.raises(ModelError, match="broke off"):
        install(VOICE, manifest=manifest(publisher))
    assert remove(VOICE) == [folder / ".partial" / VOICE]
