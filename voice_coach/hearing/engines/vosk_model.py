"""Vosk's models: folders that are checked before libvosk may see them, and loaded once.

Owns what a model folder must hold; must not know grammars or what is heard.

Given a bad folder, libvosk prints pages, fails without a reason, or ends the whole process. What
would end it is looked for first; what it complains about is caught and made one clear line.
"""

import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias
from weakref import WeakValueDictionary

from voice_coach.errors import ModelError
from voice_coach.units import SAMPLE_RATE

VoskModel: TypeAlias = Any
"""A `vosk.Model`; vosk has no types."""

_REPAIR: Final = "Install the model again, or choose another one."
_FOR_GRAMMARS: Final = (
    "Choose a model whose name says 'small' or 'lgraph': only these take a grammar while running."
)

_ACOUSTICS: Final = "am/final.mdl"
_GRAPH: Final = "graph/HCLr.fst"
_STATIC_GRAPH: Final = "graph/HCLG.fst"
_LANGUAGE: Final = "graph/Gr.fst"
_DISAMBIGUATION: Final = "graph/disambig_tid.int"
_WORDS: Final = "graph/words.txt"
_BOUNDARIES: Final = "graph/phones/word_boundary.int"
_FEATURES: Final = "conf/mfcc.conf"
_SETTINGS: Final = "conf/model.conf"
_SPEAKERS: Final = (
    "final.dubm",
    "final.ie",
    "final.mat",
    "global_cmvn.stats",
    "online_cmvn.conf",
    "splice.conf",
)
"""In ivector/, where the network wants to know who speaks."""

_STAGES: Final = (
    ("Estimating language model", ""),
    ("Loading winfo", _BOUNDARIES),
    ("Loading words", _WORDS),
    ("Loading HCL", _GRAPH),
    ("Loading i-vector", "ivector"),
    ("Silence phones", _ACOUSTICS),
)
"""What libvosk logs before it reads a file, the last step first; that one is the trial."""

_SETTING: Final = re.compile(r"--[a-z0-9.-]*[a-z0-9](=\S+)?")
_COMPLAINT: Final = re.compile(
    r"^(?:ERROR|ASSERTION_FAILED)(?: \(VoskAPI:\S+\))?:? *(.+)", re.MULTILINE
)
_UNKNOWN: Final = ("[unk]", "<UNK>", "<unk>")
"""What models call speech that they have no word for: vosk's English ones, and others."""
_HAS_OUTPUT_WORDS: Final = 2
"""Bit of an OpenFst header's flags: the file carries the words of its outputs."""

_models: WeakValueDictionary[Path, VoskModel] = WeakValueDictionary()
_loading = threading.Lock()


def load_model(folder: Path) -> VoskModel:
    """Return the model in `folder`; as long as anybody holds it, the same one for everybody.

    Raises ModelError, naming the file where one is to blame. While a model is being loaded,
    nothing else reaches the process's standard error.
    """
    folder = folder.resolve()
    with _loading:
        if (model := _models.get(folder)) is None:
            _check(folder)
            model = _models[folder] = _load(folder)
        return model


def unknown_word(model: VoskModel) -> str:
    """Return what `model` calls speech that it has no word for.

    A grammar without it makes one of its sentences out of whatever is said.
    """
    known = (word for word in _UNKNOWN if model.vosk_model_find_word(word) > 0)
    return next(known, _UNKNOWN[0])


def _check(folder: Path) -> None:
    """Raise ModelError for all that would make libvosk end the process."""
    if not folder.is_dir():
        raise ModelError(f"Vosk model: {folder} is not a folder. {_REPAIR}")
    files = _Files(folder)
    if files.place(_STATIC_GRAPH).exists():
        raise ModelError(f"Vosk model: {folder} has a fixed grammar (HCLG.fst). {_FOR_GRAMMARS}")
    for name in (_ACOUSTICS, _GRAPH, _LANGUAGE):
        files.check(name)
    files.check_lines(_DISAMBIGUATION, may_be_empty=True)
    files.check_settings(_FEATURES)
    if not files.old:
        files.check_settings(_SETTINGS, needed="--endpoint.silence-phones")
    if not _carries_words(files.read(_LANGUAGE, 1024)):
        files.check_lines(_WORDS)
    if files.place(_BOUNDARIES).exists():
        files.check_lines(_BOUNDARIES)
    if b"input-node name=ivector" in files.read(_ACOUSTICS):
        for name in _SPEAKERS:
            files.check(f"ivector/{name}")


class _Files:
    """The files of one model folder, in vosk's layout or in its old, flat one.

    They are named as in the new layout; every fault that is found raises ModelError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.old = not (folder / "am").exists() and (folder / "final.mdl").exists()

    def place(self, name: str) -> Path:
        """Return where the file called `name` is."""
        flat = self.old and not name.startswith("ivector")
        return self.folder / (Path(name).name if flat else name)

    def read(self, name: str, size: int = -1) -> bytes:
        """Return the first `size` bytes of a file, or all."""
        try:
            with self.place(name).open("rb") as file:
                return file.read(size)
        except FileNotFoundError:
            raise self.error(name, "is missing") from None
        except OSError as error:
            raise self.error(name, f"cannot be read ({error.strerror})") from error

    def check(self, name: str) -> None:
        """Look whether a file has anything in it."""
        if not self.read(name, 1):
            raise self.error(name, "is empty")

    def check_lines(self, name: str, *, may_be_empty: bool = False) -> None:
        """Look whether a text file is whole: its last line ends."""
        content = self.read(name)
        if not content and not may_be_empty:
            raise self.error(name, "is empty")
        if content and not content.endswith(b"\n"):
            raise self.error(name, "is cut off in its last line")

    def check_settings(self, name: str, needed: str = "") -> None:
        """Look whether each line has the form --name=value, and one is the `needed` one."""
        self.check(name)
        found = set()
        for number, line in enumerate(self.read(name).decode("utf-8", "replace").split("\n"), 1):
            setting = line.partition("#")[0].strip()
            if setting and not _SETTING.fullmatch(setting):
                raise self.error(name, f"has no setting of the form --name=value in line {number}")
            found.add(setting.partition("=")[0])
        if needed and needed not in found:
            raise self.error(name, f"lacks the setting {needed}")

    def error(self, name: str, fault: str) -> ModelError:
        """Return the error that says what is wrong with the file called `name`."""
        return ModelError(f"Vosk model: {self.place(name)} {fault}. {_REPAIR}")


def _carries_words(header: bytes) -> bool:
    """Whether an OpenFst file has its own list of words, so that words.txt is not needed.

    The header: magic number, then type and kind of arc, each with its length before it, then
    version and flags.
    """
    at = 4
    for _ in ("type", "kind of arc"):
        at += 4 + int.from_bytes(header[at : at + 4], "little")
    return bool(int.from_bytes(header[at + 4 : at + 8], "little") & _HAS_OUTPUT_WORDS)


def _load(folder: Path) -> VoskModel:
    """Load the model and try it on a moment of silence; whatever libvosk says is an error."""
    import vosk  # noqa: PLC0415  (takes a tenth of a second, wanted only where vosk is used)

    with _captured_stderr() as captured:
        vosk.SetLogLevel(0)  # its log tells how far it came
        try:
            model = vosk.Model(model_path=str(folder))
            if not _COMPLAINT.search(captured()):
                recogniser = vosk.KaldiRecognizer(model, SAMPLE_RATE, f'["{unknown_word(model)}"]')
                recogniser.AcceptWaveform(bytes(SAMPLE_RATE))
                recogniser.FinalResult()
        except Exception as error:  # vosk raises nothing more particular
            raise _unreadable(folder, captured()) from error
        finally:
            vosk.SetLogLevel(-1)
        if _COMPLAINT.search(captured()):
            raise _unreadable(folder, captured())
    return model


def _unreadable(folder: Path, log: str) -> ModelError:
    """Return the error for a model that libvosk cannot use, from what it wrote.

    The file to blame is the one that it names, else the one that it was reading.
    """
    complaint = _COMPLAINT.search(log)
    reason = " ".join(complaint[1].split()).rstrip(".") if complaint else "it gives no reason"
    named = re.search(rf"{re.escape(str(folder))}/([\w./-]*\w)", reason)
    reached = next((name for mark, name in _STAGES if mark in log), _SETTINGS)
    files = _Files(folder)
    said = reason.replace(f"{folder}/", "")
    return files.error(named[1] if named else reached, f"cannot be used by vosk: {said}")


@contextmanager
def _captured_stderr() -> Iterator[Callable[[], str]]:
    """Keep what anybody writes to file descriptor 2; yield a function that returns it so far."""
    with tempfile.TemporaryFile() as file:

        def captured() -> str:
            return os.pread(file.fileno(), 1 << 20, 0).decode("utf-8", "replace")

        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield captured
        finally:
            os.dup2(kept, 2)
            os.close(kept)
