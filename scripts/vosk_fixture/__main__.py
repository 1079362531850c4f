"""The recipe for the tiny Vosk model: synthetic speech → network → model folder → archive.

Owns the order of the steps and the archive; must not know how any step works.
"""

import argparse
import tempfile
import time
import zipfile
from pathlib import Path

import pocketsphinx
import torch

from scripts import ROOT

from .features import examples
from .kaldi import write_acoustics, write_graph
from .network import Trained, train
from .speech import training_speech
from .trial import trial
from .vocabulary import FOREIGN_WORDS, WORDS, Lexicon, read_lexicon

NAME = "vosk-model-tiny-en"
ARCHIVE = ROOT / "tests/fixtures/vosk" / f"{NAME}.zip"
DICTIONARY = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))

_GOOD_ENOUGH = 0.95
"""Share of phrases by taught voices that the finished model must hear."""

_started = time.monotonic()


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as fresh:
        work = options.work or Path(fresh)
        model = work / NAME
        if options.words_only:
            with zipfile.ZipFile(options.archive) as archive:
                archive.extractall(work)
        else:
            write_acoustics(model, _trained(work, quick=options.quick))
        write_graph(model, _lexicon())
        share = trial(model, work / "trial", _log, quick=options.quick)
        _log(f"{share:.1%} of the phrases by taught voices")
        if share < _GOOD_ENOUGH and not options.quick:
            raise SystemExit(f"not good enough: less than {_GOOD_ENOUGH:.0%}; nothing written")
        _pack(model, options.archive)
    _log(f"wrote {options.archive} ({options.archive.stat().st_size // 1000} kB)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/make_vosk_fixture", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="try the recipe itself in about a minute; the model hears little. Give --archive too",
    )
    parser.add_argument(
        "--words-only",
        action="store_true",
        help="keep the network of the archive and change the words only (seconds, no training)",
    )
    parser.add_argument("--archive", type=Path, default=ARCHIVE, help="where the model goes")
    parser.add_argument("--work", type=Path, help="folder that keeps what is made on the way")
    options = parser.parse_args()
    if options.quick and options.archive == ARCHIVE:
        parser.error("--quick would replace the real fixture: name another --archive")
    return options


def _lexicon() -> Lexicon:
    return read_lexicon(DICTIONARY, WORDS)


def _trained(work: Path, *, quick: bool) -> Trained:
    torch.set_num_threads(1)  # two that wait for each other are slower on a busy machine
    lexicon = read_lexicon(DICTIONARY, {*WORDS, *FOREIGN_WORDS})
    espeak, flite, copies, epochs = (200, 100, 1, (1, 1)) if quick else (2600, 2600, 2, (3, 8))
    speech = training_speech(work / "speech", espeak, flite)
    _log(f"{len(WORDS)} words, {len(speech)} utterances spoken")
    data = examples(speech, lexicon, copies)
    hours = sum(len(example.features) for example in data) / 360_000
    _log(f"{len(data)} examples, {hours:.1f} hours")
    return train(data, epochs, _log)


def _pack(folder: Path, archive: Path) -> None:
    """Write `folder` as models are published, and so that equal files give equal archives."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as packed:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(folder.parent)))
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_LZMA)


def _log(message: str) -> None:
    print(f"{time.monotonic() - _started:6.0f} s  {message}", flush=True)


if __name__ == "__main__":
    main()
