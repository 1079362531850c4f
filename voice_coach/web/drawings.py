"""The user's own drawings of exercises: files in the folder `drawings` beside the own routines.

Owns what may be shown of a file that somebody else has drawn: of an SVG, the shapes alone,
written anew; of a PNG, one that is whole and of bounded size. Must not know HTTP.
"""

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voice_coach import files
from voice_coach.core.view import pose
from voice_coach.errors import VoiceCoachError
from voice_coach.paths import routines_dir

MOST_DRAWINGS: Final = 100
LARGEST_SVG: Final = 256 * 1024
"""Bytes of an SVG."""
LARGEST_PNG: Final = 1024 * 1024
"""Bytes of a PNG."""
LARGEST_SIDE: Final = 2048
"""Pixels of a PNG, across and down."""
MOST_SHAPES: Final = 2_000
DEEPEST: Final = 32
"""Groups within groups of an SVG."""

_SVG: Final = "http://www.w3.org/2000/svg"
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""Bits that a PNG may have for each kind of colour."""

# Nothing that runs, moves, loads, or repeats another part: `use` can make billions of two lines.
_ELEMENTS: Final = frozenset(
    "svg g path rect circle ellipse line polyline polygon text tspan title desc defs "
    "linearGradient radialGradient stop clipPath".split()
)
_ATTRIBUTES: Final = frozenset(
    "id viewBox width height x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points transform "
    "preserveAspectRatio offset gradientUnits gradientTransform spreadMethod clipPathUnits "
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap "
    "stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color "
    "clip-path clip-rule stop-color stop-opacity display visibility "
    "font-size font-family font-weight font-style text-anchor".split()
)
_OWN_PART: Final = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)")


class DrawingError(VoiceCoachError):
    """A drawing that cannot be shown; names the file, and what to do."""


@dataclass(frozen=True)
class Drawing:
    """One picture as it is served."""

    kind: str
    content: bytes


class Drawings:
    """What lies in the folder; each file is looked at again only when it has changed."""

    def __init__(self, folder: Path | None = None) -> None:
        """Of this folder, or of the user's own."""
        self._folder = folder
        self._known: dict[str, tuple[tuple[int, int], Drawing | str]] = {}

    def look(self) -> tuple[dict[str, Drawing], list[str]]:
        """Return the drawings by name, and one line for each file that was found to be none.

        A name is that of the file without its ending, in the form of the names of poses. Each
        line is returned once, until the file changes.
        """
        folder = self._folder or routines_dir() / "drawings"
        found: dict[str, Drawing] = {}
        problems: list[str] = []
        try:
            paths = [each for each in sorted(folder.iterdir()) if _is_picture(each)]
        except OSError:
            paths = []  # there is no such folder, as a rule
        for path in paths[:MOST_DRAWINGS]:
            drawing, problem = self._read(path)
            if problem:
                problems.append(problem)
            if drawing:
                found.setdefault(pose(path.stem), drawing)
        if len(paths) > MOST_DRAWINGS and len(self._known) <= MOST_DRAWINGS:
            self._known.setdefault("", ((0, 0), ""))
            problems.append(f"{folder} holds more than {MOST_DRAWINGS} drawings; delete some.")
        return found, problems

    def _read(self, path: Path) -> tuple[Drawing | None, str]:
        """Return the drawing, and what is wrong if that is new."""
        try:
            stat = path.stat()
        except OSError as error:
            return None, f"{path}: {files.reason(error)}."
        mark = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(path.name)
        if known and known[0] == mark:
            return (known[1], "") if isinstance(known[1], Drawing) else (None, "")
        try:
            drawing = read_drawing(path)
        except DrawingError as error:
            self._known[path.name] = (mark, str(error))
            return None, str(error)
        self._known[path.name] = (mark, drawing)
        return drawing, ""


def read_drawing(path: Path) -> Drawing:
    """Return what may be shown of this file; DrawingError if that is nothing."""
    is_png = path.suffix.lower() == ".png"
    most = LARGEST_PNG if is_png else LARGEST_SVG
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise DrawingError(f"{path}: cannot be read: {files.reason(error)}.") from error
    try:
        if len(raw) > most:
            raise _BadError(f"is larger than {most // 1024} kB; make it smaller")
        if is_png:
            _check_png(raw)
            return Drawing("image/png", raw)
        return Drawing("image/svg+xml", clean_svg(raw))
    except _BadError as error:
        raise DrawingError(f"{path}: the drawing {error}.") from None


class _BadError(Exception):
    """What is wrong with a drawing, as the end of a sentence."""


def clean_svg(raw: bytes) -> bytes:
    """Return the shapes of an SVG, and nothing else of it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _BadError("is not UTF-8; save it as plain SVG") from None
    # Without declarations there are no entities, thus none that grow, and none from elsewhere.
    if re.search(r"<!(?!--|\[CDATA\[)", text):
        raise _BadError("has a document type or entities; save it as plain SVG")
    try:
        root = ET.fromstring(text)  # noqa: S314 - there are no entities in it
    except (ET.ParseError, ValueError) as error:
        raise _BadError(f"is no SVG ({error}); save it again") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise _BadError("is no SVG; its first element must be <svg> in the namespace of SVG")
    left = [MOST_SHAPES]
    clean = _cleaned(root, left, 0)
    if not _has_size(clean):
        raise _BadError("says no size; give its <svg> a viewBox")
    if sum(1 for _ in clean.iter()) == 1:
        raise _BadError("has no shapes that can be shown; draw with paths, circles and the like")
    ET.register_namespace("", _SVG)
    return ET.tostring(clean, encoding="unicode").encode()


def _cleaned(element: ET.Element, left: list[int], depth: int) -> ET.Element:
    left[0] -= 1
    if left[0] < 0:
        raise _BadError(f"has more than {MOST_SHAPES} parts; make it simpler")
    if depth > DEEPEST:
        raise _BadError(f"has groups {DEEPEST} deep; make it simpler")
    written = dict(element.attrib)
    # Programs write looks as a style; as attributes they are the same, one by one.
    for declared in written.pop("style", "").split(";"):
        key, _, value = declared.partition(":")
        written[key.strip()] = value.strip()
    kept = {key: value for key, value in written.items() if _may_stay(key, value)}
    clean = ET.Element(element.tag, kept)
    clean.text, clean.tail = element.text, element.tail
    for child in element:
        space, _, name = str(child.tag).rpartition("}")
        if space == f"{{{_SVG}" and name in _ELEMENTS:
            clean.append(_cleaned(child, left, depth + 1))
    return clean


def _may_stay(key: str, value: str) -> bool:
    if key not in _ATTRIBUTES:
        return False
    rest = _OWN_PART.sub("", value)
    return not re.search(r"[(\\@]", rest) or key.lower().endswith("transform") or _is_colour(rest)


def _is_colour(value: str) -> bool:
    return bool(re.fullmatch(r"\s*(rgb|hsl)a?\([\d\s.,%/-]*\)\s*", value))


def _has_size(root: ET.Element) -> bool:
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    sides = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    plain = [re.fullmatch(r"(\d{1,5}(?:\.\d*)?)(px|mm|cm|pt|in)?", side) for side in sides]
    return all(side is not None and float(side[1]) > 0 for side in plain)


def _check_png(raw: bytes) -> None:
    """Raise _BadError unless it is a PNG that is whole, still, and not too large."""
    if not raw.startswith(_SIGNATURE):
        raise _BadError("is no PNG; save it again as PNG")
    at, names = len(_SIGNATURE), list[bytes]()
    while at < len(raw):
        head = raw[at : at + 8]
        length, name = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"")
        end = at + 8 + length
        summed = raw[end : end + 4]
        if len(summed) < 4 or zlib.crc32(raw[at + 4 : end]) != int.from_bytes(summed):
            raise _BadError("is damaged; save it again as PNG")
        if not names:
            _check_header(name, raw[at + 8 : end])
        names.append(name)
        at = end + 4
        if name == b"IEND":
            break
    if b"IDAT" not in names or names[-1] != b"IEND" or at != len(raw):
        raise _BadError("is damaged; save it again as PNG")
    if b"acTL" in names:
        raise _BadError("moves; save it as one still picture")


def _check_header(name: bytes, header: bytes) -> None:
    if name != b"IHDR" or len(header) != 13:
        raise _BadError("is damaged; save it again as PNG")
    width, height, depth, colour, packing, filtering, laced = struct.unpack(">IIBBBBB", header)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or laced > 1:
        raise _BadError("is damaged; save it again as PNG")
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise _BadError(f"is {width} × {height} pixels; {LARGEST_SIDE} each way are the most")


def _is_picture(path: Path) -> bool:
    """Whether it is a file of one of the two kinds; a link may lead anywhere, and is none."""
    return path.suffix.lower() in {".svg", ".png"} and path.is_file() and not path.is_symlink()
