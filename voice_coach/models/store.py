"""Speech models: which there are, which are installed, and how one is installed and checked.

Owns the models folder and the list of recommended models; must not know how a model is used.
"""

import json
import math
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from voice_coach.errors import ModelError, nearest
from voice_coach.models.download import (
    OnProgress,
    RemoteFile,
    Url,
    check_space,
    checksum,
    disk_errors,
    fetch,
    fetch_json,
    unpack,
)
from voice_coach.paths import models_are_elsewhere, models_dir
from voice_coach.resources import resource

Kind: TypeAlias = Literal["recogniser", "voice"]

_RECEIPT: Final = "installed.json"
_PARTIAL: Final = ".partial"
_ROOM: Final = {"recogniser": 4, "voice": 1}
"""How many times its download a model needs on the disk; archives are kept until unpacked."""
_RECOGNISER_FILES: Final = (
    ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst"),
    ("final.mdl", "mfcc.conf", "HCLr.fst", "Gr.fst"),
)
"""What a vosk model that takes a grammar while running holds at least, now and in old ones."""
_QUALITIES: Final = ("x_low", "low", "medium", "high")
"""As piper calls them, the best last."""
_LANGUAGE_IN_NAME: Final = {
    "recogniser": r"vosk-model-(?:small-|tiny-)?([a-z]{2,3})(?![a-z])",
    "voice": r"([a-z]{2,3})_[A-Z]{2}-",
}
"""Both publishers name a model's language in its name."""


class Model(BaseModel):
    """A model that can be installed by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    kind: Kind
    language: str
    licence: str
    about: str
    """A sentence for whoever has to choose."""
    word_errors: float | None = None
    """Words that a recogniser gets wrong in LibriSpeech's test-clean, in percent, by its publisher;
    None where that was measured with other recordings, or not at all."""
    files: tuple[RemoteFile, ...]
    """A recogniser's archive; or a voice's .onnx, then its .onnx.json."""

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(file.size for file in self.files)


class Manifest(BaseModel):
    """The models that the project recommends, the one to start with first of its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    lists: dict[Kind, Url]
    """Where the publishers list what they publish."""
    models: tuple[Model, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> "Manifest":
        """Read `path`, or the manifest that travels with the coach. Raises ModelError."""
        path = path or resource("models/manifest.json")
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"Cannot read the list of models {path}: {reason}") from error

    def named(self, name: str) -> Model:
        """Return the model called `name`. Raises ModelError with the nearest name."""
        for model in self.models:
            if model.name == name:
                return model
        names = [model.name for model in self.models]
        raise ModelError(
            f"No model is called '{name}'.{nearest(name, names)}"
            " 'voice-coach models list' shows them all."
        )


@dataclass(frozen=True)
class InstalledModel:
    """A model on this machine."""

    name: str
    kind: Kind
    path: Path
    """A recogniser's folder, or a voice's .onnx file."""
    word_errors: float | None = field(default=None, compare=False)
    """As in `Model`, for those of the manifest."""

    @property
    def language(self) -> str | None:
        """The language by its name, such as "en"; None where the name tells none."""
        found = re.match(_LANGUAGE_IN_NAME[self.kind], self.name)
        return found[1] if found else None


def installed(kind: Kind) -> list[InstalledModel]:
    """Return the complete models of `kind`, the best first.

    Also those that were put there by hand: a vosk folder, or an .onnx with its .onnx.json. Of
    recognisers that one is better of which fewer words are wrong; where nobody has published
    that, the one with the larger network comes first, after all others. Of voices that one is
    better which is of higher quality by its own description. What is then alike has the order of
    the manifest, and of the alphabet.
    """
    manifest = Manifest.load()
    known = {model.name: (rank, model) for rank, model in enumerate(manifest.models)}
    found: dict[str, tuple[tuple[float, ...], InstalledModel]] = {}
    for model in _present(kind):
        if model.name not in found and not _lacks(model, manifest):
            rank, listed = known.get(model.name, (len(known), None))
            rated = replace(model, word_errors=listed.word_errors if listed else None)
            found[model.name] = (_merit(rated, rank), rated)
    return [model for _, model in sorted(found.values(), key=lambda each: (each[0], each[1].name))]


def _merit(model: InstalledModel, rank: int) -> tuple[float, ...]:
    """Return what models are sorted by, the best first; `rank` is the place in the manifest."""
    if model.kind == "voice":
        return (-_quality(model.path), rank)
    errors = math.inf if model.word_errors is None else model.word_errors
    network = next(path for names in _RECOGNISER_FILES if (path := model.path / names[0]).exists())
    return (errors, rank, -network.stat().st_size)


def _quality(voice: Path) -> int:
    """Return the place of a voice's quality among those that piper has; -1 if it names none."""
    try:
        about = json.loads(Path(f"{voice}.json").read_text("utf-8"))
        return _QUALITIES.index(about["audio"]["quality"])
    except (OSError, ValueError, LookupError, TypeError):
        return -1


def incomplete(kind: Kind) -> list[str]:
    """Return what is missing of models of `kind` that are there and cannot be used."""
    manifest = Manifest.load()
    return [lack for model in _present(kind) for lack in _lacks(model, manifest)[:1]]


def find(kind: Kind, name: str | None = None) -> Path | None:
    """Return where the model called `name`, or the best of `kind`, is installed; else None."""
    paths = [model.path for model in installed(kind) if name in (None, model.name)]
    return paths[0] if paths else None


def verify(model: InstalledModel) -> list[str]:
    """Return what is wrong with an installed model, a line each; reads every byte of it."""
    manifest = Manifest.load()
    problems = _lacks(model, manifest)
    if problems:
        return problems
    sums = {name: facts["sha256"] for name, facts in _receipt(model).items()}
    damaged = [name for name in sums if checksum(_root(model) / name) != sums[name]]
    if not sums and model.kind == "voice":
        files = _known_files(model, manifest)
        damaged = [file.name for file in files if not file.matches(_root(model) / file.name)]
    return [f"{_root(model) / name} is damaged" for name in damaged]


def remove(name: str) -> list[Path]:
    """Delete the model called `name`, and what was downloaded of it; return what is gone.

    Raises ModelError if there is nothing of that name, OutputError if it cannot be deleted.
    """
    present = [*_present("recogniser"), *_present("voice")]
    paths = [path for model in present if model.name == name for path in _owned(model)]
    partial = [path for path in (models_dir() / _PARTIAL).glob("*") if path.name == name]
    if not paths + partial:
        hint = nearest(name, [model.name for model in present])
        raise ModelError(f"No model called '{name}' is installed in {models_dir()}.{hint}")
    with disk_errors(models_dir()):
        for path in paths + partial:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return paths + partial


def install(
    name: str, progress: OnProgress = lambda *_: None, manifest: Manifest | None = None
) -> InstalledModel:
    """Download, check and install the model called `name`; return it at once if it is whole.

    A download that broke off goes on where it ended. A file of the right name in the models
    folder is taken instead of a download. Only a whole, checked model gets its place there.
    Raises ModelError (unknown name, no network, wrong checksum) or OutputError (disk).
    """
    manifest = manifest or Manifest.load()
    model = manifest.named(name)
    target = models_dir() / name
    for present in installed(model.kind):
        if present.name == name and not verify(present):
            return present
    partial = models_dir() / _PARTIAL / name
    with disk_errors(models_dir()):
        partial.mkdir(parents=True, exist_ok=True)
        check_space(partial, _ROOM[model.kind] * model.size)
        files = [_obtained(file, model, manifest, progress) for file in model.files]
        ready = _assembled(model, files, partial / "ready")
        shutil.rmtree(target, ignore_errors=True)
        ready.rename(target)
        shutil.rmtree(partial)
    path = target if model.kind == "recogniser" else target / model.files[0].name
    return InstalledModel(name, model.kind, path)


def _obtained(file: RemoteFile, model: Model, manifest: Manifest, progress: OnProgress) -> Path:
    """Return the path of a checked `file`: one put there by hand, or downloaded."""
    by_hand = models_dir() / file.name
    if by_hand.is_file():
        _check(by_hand, file, model, manifest)
        return by_hand
    part = models_dir() / _PARTIAL / model.name / file.name
    try:
        fetch(file, part, progress)
    except ModelError as error:
        raise ModelError(
            f"{str(error).rstrip('.')}. Or put {file.name} into {models_dir()} by hand."
        ) from error
    try:
        _check(part, file, model, manifest)
    except ModelError:
        part.unlink()
        raise
    return part


def _check(path: Path, file: RemoteFile, model: Model, manifest: Manifest) -> None:
    """Raise ModelError unless `path` is what the manifest, or its publisher, says.

    Publishers replace models under the same name, and the manifest then lags behind; their
    own list, from the same server as the model, is as good an authority.
    """
    if file.matches(path):
        return
    published = _published(file, model, manifest)
    if published is None or not published.matches(path):
        raise ModelError(
            f"{path.name} has {path.stat().st_size:,} bytes and the wrong checksum (expected"
            f" {file.size:,} bytes), also by its publisher's list. Delete it if you put it into"
            f" {models_dir()}, and run the same command again."
        )


def _published(file: RemoteFile, model: Model, manifest: Manifest) -> RemoteFile | None:
    """Return `file` with the size and checksum of the publisher's list, if it can be had."""
    try:
        document = fetch_json(manifest.lists[model.kind])
        if model.kind == "recogniser":
            entry = next(entry for entry in document if entry["name"] == model.name)
            size, md5 = entry["size"], entry["md5"]
        else:
            files = document[model.name]["files"]
            entry = next(files[path] for path in files if PurePosixPath(path).name == file.name)
            size, md5 = entry["size_bytes"], entry["md5_digest"]
        return RemoteFile(url=file.url, size=size, md5=md5)
    except (ModelError, ValidationError, LookupError, TypeError, StopIteration):
        return None


def _assembled(model: Model, files: list[Path], ready: Path) -> Path:
    """Return the folder `ready`, filled with the model and the receipt of what belongs to it."""
    shutil.rmtree(ready, ignore_errors=True)
    if model.kind == "recogniser":
        unpack(files[0], ready)
        lacking = _missing_of_recogniser(ready)
        if lacking:
            raise ModelError(f"{files[0].name} holds no speech model: {lacking[0]} is missing")
    else:
        ready.mkdir()
        for path in files:
            shutil.copy2(path, ready) if path.parent == models_dir() else shutil.move(path, ready)
    contents = sorted(path for path in ready.rglob("*") if path.is_file())
    facts = {
        path.relative_to(ready).as_posix(): {"size": path.stat().st_size, "sha256": checksum(path)}
        for path in contents
    }
    receipt = {"name": model.name, "licence": model.licence, "files": facts}
    (ready / _RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n", "utf-8")
    return ready


def _present(kind: Kind) -> Iterator[InstalledModel]:
    """Yield what looks like a model of `kind`, complete or not."""
    own = models_dir()
    checkout = [] if models_are_elsewhere() else [resource("models")]
    for place in [own, *checkout]:
        folders = sorted(path for path in place.glob("[!.]*") if path.is_dir())
        if kind == "recogniser":
            for folder in folders:
                if any((folder / names[0]).exists() for names in _RECOGNISER_FILES):
                    yield InstalledModel(folder.name, kind, folder)
        else:
            for path in [
                file for each in [place, *folders] for file in sorted(each.glob("*.onnx"))
            ]:
                yield InstalledModel(path.stem, kind, path)


def _root(model: InstalledModel) -> Path:
    return model.path if model.kind == "recogniser" else model.path.parent


def _owned(model: InstalledModel) -> list[Path]:
    """Return what has to be deleted to be rid of `model`, and of nothing else."""
    if model.kind == "recogniser" or _receipt(model):
        return [_root(model)]
    pair = [model.path, Path(f"{model.path}.json")]
    return [path for path in pair if path.exists()]


def _receipt(model: InstalledModel) -> dict[str, Any]:
    try:
        receipt = json.loads((_root(model) / _RECEIPT).read_text("utf-8"))
        return dict(receipt["files"]) if receipt["name"] == model.name else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _known_files(model: InstalledModel, manifest: Manifest) -> tuple[RemoteFile, ...]:
    return next((known.files for known in manifest.models if known.name == model.name), ())


def _lacks(model: InstalledModel, manifest: Manifest) -> list[str]:
    """Return what is missing or has not its size; reads no contents, so it is quick."""
    root, receipt = _root(model), _receipt(model)
    if not receipt and model.kind == "recogniser":
        return [f"{root / name} is missing" for name in _missing_of_recogniser(root)]
    sizes: dict[str, int | None] = dict.fromkeys([model.path.name, f"{model.path.name}.json"])
    sizes = {name: facts["size"] for name, facts in receipt.items()} or (
        sizes | {file.name: file.size for file in _known_files(model, manifest)}
    )
    return [
        f"{root / name} is missing or incomplete"
        for name, size in sizes.items()
        if not _is_whole(root / name, size)
    ]


def _missing_of_recogniser(root: Path) -> list[str]:
    new, old = _RECOGNISER_FILES
    return [
        name for name in (old if (root / old[0]).exists() else new) if not _is_whole(root / name)
    ]


def _is_whole(path: Path, size: int | None = None) -> bool:
    if not path.is_file():
        return False
    actual = path.stat().st_size
    return actual > 0 if size is None else actual == size
