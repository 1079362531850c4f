"""Keeps parts of grammars on the disk: to make thousands of sentences takes a second, to read
them a hundredth.

Owns the file, which is a cache and may be lost; must not know what the sentences mean.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from voice_coach import grammar as its_code
from voice_coach.errors import NoHomeError
from voice_coach.files import replace
from voice_coach.grammar import Grammar
from voice_coach.paths import grammars_path

_MOST = 2000
"""Parts that are kept at most; more are those of names that are long gone."""


@contextmanager
def kept_grammars() -> Iterator[dict[str, Grammar]]:
    """Give what is kept, by digest; what is put into it is kept for the next time.

    A file that cannot be read or written is as good as none.
    """
    try:
        path = grammars_path()
    except NoHomeError:
        yield {}
        return
    kept = _read(path)
    before = len(kept)
    yield kept
    if len(kept) > before:
        rows = [
            [key, part.name, part.arcs, sorted(part.finals)]
            for key, part in list(kept.items())[-_MOST:]
        ]
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, json.dumps([_made_by(), rows]).encode(), durable=False)


def _read(path: Path) -> dict[str, Grammar]:
    try:
        made_by, rows = json.loads(path.read_bytes())
        if made_by != _made_by():
            return {}
        return {
            key: Grammar(name, tuple((a, b, word) for a, b, word in arcs), frozenset(finals))
            for key, name, arcs, finals in rows
        }
    except (OSError, ValueError, TypeError):
        return {}


@cache
def _made_by() -> str:
    """Return what tells this code from another that may make other grammars of the same text."""
    here = Path(its_code.__file__)
    sources = (here, here.parent / "core" / "templates.py")
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return f"{digest} {importlib.metadata.version('hassil')}"
