"""Drawings in characters: a body in a pose, and digits that are read across a room.

Owns dots and blocks of a terminal; must not know a session. The poses are those of the page,
as strokes, which `scripts/draw_poses.py` takes from its script.
"""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

_TABLE: Final = Path(__file__).with_name("poses.json")
_WIDTH: Final = 480
"""Of a picture of the page; what is done with the left is its mirror image."""
_BITS: Final = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""What each dot of a character of braille adds to its number."""
_BRAILLE: Final = 0x2800
_DIGITS: Final = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    ":": (" ", "#", " ", "#", " "),
}


def breathes(name: str, position: str) -> bool:
    """Whether the movement of this exercise goes with the breath."""
    return bool(_pose(name, position)["breath"])


def drawn_pose(
    name: str, position: str, share: float, columns: int, rows: int, *, mirrored: bool = False
) -> tuple[str, ...]:
    """Draw a body, `share` of the way (0 … 1) from the first key of its pose to the second.

    It is as large as fits, and stands on the last of `rows` lines of `columns` characters. A
    name without a drawing is shown as the body rests in `position`.
    """
    frames = _pose(name, position)["frames"]
    frame = round(min(1.0, max(0.0, share)) * (len(frames) - 1))
    return _rastered(name, position, frame, (columns, rows), mirrored)


def drawn_digits(text: str, columns: int, rows: int) -> tuple[str, ...]:
    """Draw digits and colons as tall as fit in `rows` lines of `columns`; () if none do."""
    letters = [_DIGITS[each] for each in text]
    wide = sum(len(letter[0]) + 1 for letter in letters) - 1
    size = min(2 * rows // 5, columns // wide)
    if size < 1:
        return ()
    lines = [" ".join(letter[row] for letter in letters) for row in range(5)]
    dots = [
        [dot == "#" for dot in line for _ in range(size)] for line in lines for _ in range(size)
    ]
    dots += [[False] * len(dots[0])] * (len(dots) % 2)
    return tuple(
        "".join(" ▀▄█"[above + 2 * below] for above, below in zip(*pair, strict=True))
        for pair in zip(dots[::2], dots[1::2], strict=True)
    )


@cache
def _poses() -> dict[str, Any]:
    poses: dict[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return poses


def _pose(name: str, position: str) -> dict[str, Any]:
    poses = _poses()
    names = (name, f"at-{position.replace(' ', '-')}", "at-any")
    return next(poses[each] for each in names if each in poses)


@lru_cache(64)
def _rastered(
    name: str, position: str, frame: int, size: tuple[int, int], mirrored: bool
) -> tuple[str, ...]:
    """Return the lines of one frame; every frame of a pose has the same scale and place."""
    frames = _pose(name, position)["frames"]
    low, high = _extent(frames)
    if mirrored:
        low, high = np.array([_WIDTH - high[0], low[1]]), np.array([_WIDTH - low[0], high[1]])
    columns, rows = size
    wide, tall = 2 * columns, 4 * rows
    scale = min(wide / (high[0] - low[0]), tall / (high[1] - low[1]))
    # The middle of each dot in the units of the picture: centred, with the floor at the bottom.
    middle = (low[0] + high[0]) / 2
    xs = (np.arange(wide) + 0.5 - wide / 2) / scale + middle
    ys = (np.arange(tall) + 0.5 - tall) / scale + high[1]
    dots = np.zeros((tall, wide), dtype=bool)
    for width, *flat in frames[frame]:
        points = np.array(flat, dtype=float).reshape(-1, 2)
        if mirrored:
            points[:, 0] = _WIDTH - points[:, 0]
        for start, end in zip(points, [*points[1:], points[-1]], strict=True):
            dots |= _near(xs, ys, start, end) <= max(width, 0.6 / scale)
    cells = dots.reshape(rows, 4, columns, 2).transpose(0, 2, 1, 3)
    codes = _BRAILLE + (cells * _BITS).sum(axis=(2, 3))
    return tuple("".join(map(chr, row)).replace(chr(_BRAILLE), " ") for row in codes.tolist())


def _extent(frames: list[Any]) -> tuple[Any, Any]:
    """Return the corners of the box in which every frame lies, with the width of the strokes."""
    boxes = []
    for width, *flat in (stroke for frame in frames for stroke in frame):
        points = np.array(flat, dtype=float).reshape(-1, 2)
        boxes.append((points.min(axis=0) - width, points.max(axis=0) + width))
    lows, highs = zip(*boxes, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def _near(xs: Any, ys: Any, start: Any, end: Any) -> Any:
    """Return how far each dot is from the line between two points."""
    dx, dy = end - start
    x, y = xs[None, :] - start[0], ys[:, None] - start[1]
    along = np.clip((x * dx + y * dy) / ((dx * dx + dy * dy) or 1.0), 0.0, 1.0)
    return np.hypot(x - along * dx, y - along * dy)
