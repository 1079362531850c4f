"""Pictures of bars, lines and words: within a page, or as a file of SVG, PNG or PDF.

Owns the shapes and how each format draws them; must not know what a picture shows. The same
shapes give the same bytes, whatever the machine's fonts are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Final, Literal

from markupsafe import Markup

if TYPE_CHECKING:
    import pydyf

FORMATS: Final = ("png", "svg", "pdf")
"""Of pictures as files."""

Tint = Literal["paper", "ink", "faint", "bar", "before", "after"]
"""What a colour is for; the page has one of that name for light and one for dark surroundings."""
Anchor = Literal["start", "middle", "end"]

_ON_PAPER: Final[Mapping[str, str]] = {
    "paper": "#ffffff", "ink": "#111111", "faint": "#c9c9c9",
    "bar": "#3a6ea5", "before": "#a04000", "after": "#00557f",
}  # fmt: skip
_IN_PAGE: Final[Mapping[str, str]] = {role: f"var(--{role})" for role in _ON_PAPER}
_DASHES: Final = (6, 2.5)
"""Lengths of a dash and of the gap after it, in points."""
_PIXELS_AN_INCH: Final = 150
"""Of a PNG."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle; `about` is shown by a browser whose pointer rests on it."""

    x: float
    y: float
    width: float
    height: float
    colour: Tint
    about: str = ""


@dataclass(frozen=True)
class Ring:
    """A circle, empty inside."""

    x: float
    y: float
    radius: float
    colour: Tint
    about: str = ""


@dataclass(frozen=True)
class Line:
    """A line through `points`, whole or dashed."""

    points: Sequence[tuple[float, float]]
    colour: Tint
    width: float
    dashed: bool = False


@dataclass(frozen=True)
class Label:
    """A text on one line, whose baseline begins, has its middle or ends at x, y."""

    x: float
    y: float
    text: str
    size: float = 11
    anchor: Anchor = "start"


Shape = Box | Ring | Line | Label


@dataclass(frozen=True)
class Chart:
    """Shapes, the lowest first, in points of an inch's 72nd from the upper left corner."""

    width: int
    height: int
    shapes: Sequence[Shape]

    def within_page(self, name: str) -> Markup:
        """Return it as an element of a page, in the page's colours and letters.

        The page names and describes it in the elements `name`-title and `name`-text.
        """
        head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}" ')
        head += Markup('aria-describedby="{}">\n')
        named = head.format(self.width, self.height, f"{name}-title", f"{name}-text")
        return named + self._elements(_IN_PAGE) + Markup("</svg>")

    def file(self, form: str) -> bytes:
        """Return it on white paper, as the content of a file of one of FORMATS."""
        makers = {"svg": self._svg, "png": self._png, "pdf": self._pdf}
        return makers[form]()

    def _svg(self) -> bytes:
        head = Markup("<?xml version='1.0' encoding='utf-8'?>\n")
        head += Markup('<svg xmlns="http://www.w3.org/2000/svg" width="{0}pt" height="{1}pt" ')
        head += Markup('viewBox="0 0 {0} {1}" font-family="Lato, sans-serif">\n')
        paper = Box(0, 0, self.width, self.height, "paper")
        lines = head.format(self.width, self.height) + _element(paper, _ON_PAPER)
        return str(lines + self._elements(_ON_PAPER) + Markup("</svg>\n")).encode()

    def _png(self) -> bytes:
        import resvg_py  # noqa: PLC0415 - only who draws a PNG pays for it

        font = files("font_lato") / "files" / "Lato-Regular.ttf"
        return resvg_py.svg_to_bytes(
            svg_string=self._svg().decode(),
            dpi=_PIXELS_AN_INCH,
            skip_system_fonts=True,
            font_files=[str(font)],
            font_family="Lato",
        )

    def _pdf(self) -> bytes:
        import pydyf  # noqa: PLC0415

        document, stream = pydyf.PDF(), pydyf.Stream(compress=True)
        for shape in self.shapes:
            _draw_in_pdf(stream, shape, self.height)
        font = pydyf.Dictionary(
            {"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica",
             "Encoding": "/WinAnsiEncoding"}
        )  # fmt: skip
        document.add_object(font)
        document.add_object(stream)
        fonts = pydyf.Dictionary({"Letters": font.reference})
        page = {
            "Type": "/Page",
            "Parent": document.pages.reference,
            "MediaBox": pydyf.Array([0, 0, self.width, self.height]),
            "Contents": stream.reference,
            "Resources": pydyf.Dictionary({"Font": fonts}),
        }
        document.add_page(pydyf.Dictionary(page))
        written = BytesIO()
        document.write(written)
        return written.getvalue()

    def _elements(self, colours: Mapping[str, str]) -> Markup:
        return Markup("").join(_element(shape, colours) for shape in self.shapes)


_BOX: Final = Markup('<rect x="{:.5g}" y="{:.5g}" width="{:.5g}" height="{:.5g}" style="fill: {}"')
_RING: Final = Markup(
    '<circle cx="{:.5g}" cy="{:.5g}" r="{:.5g}" style="fill: {}; stroke: {}" stroke-width="1.6"'
)
_LINE: Final = Markup('<polyline points="{}" style="fill: none; stroke: {}" stroke-width="{:.5g}"')
_WORDS: Final = Markup(
    '<text x="{:.5g}" y="{:.5g}" font-size="{:.5g}" text-anchor="{}" style="fill: {}">{}</text>\n'
)


def _element(shape: Shape, colours: Mapping[str, str]) -> Markup:
    """Return `shape` as an element of SVG, on a line of its own."""
    match shape:
        case Box(x, y, width, height, colour, about):
            return _BOX.format(x, y, width, height, colours[colour]) + _told("rect", about)
        case Ring(x, y, radius, colour, about):
            drawn = _RING.format(x, y, radius, colours["paper"], colours[colour])
            return drawn + _told("circle", about)
        case Line(points, colour, width, dashed):
            places = " ".join(f"{x:.5g},{y:.5g}" for x, y in points)
            gaps = Markup(' stroke-dasharray="{} {}"').format(*_DASHES) if dashed else Markup()
            return _LINE.format(places, colours[colour], width) + gaps + _told("polyline", "")
        case Label(x, y, text, size, anchor):
            return _WORDS.format(x, y, size, anchor, colours["ink"], text)


def _told(tag: str, about: str) -> Markup:
    """Return the end of an element, with what is said about it."""
    if not about:
        return Markup("/>\n")
    return Markup("><title>{}</title></{}>\n").format(about, tag)


def _draw_in_pdf(stream: "pydyf.Stream", shape: Shape, height: float) -> None:
    """Draw `shape` on a page of that height, whose y grows upwards."""
    match shape:
        case Box(x, y, width, tall, colour):
            stream.set_color_rgb(*_rgb(colour))
            stream.rectangle(x, height - y - tall, width, tall)
            stream.fill()
        case Ring(x, y, radius, colour):
            stream.set_color_rgb(*_rgb("paper"))
            stream.set_color_rgb(*_rgb(colour), stroke=True)
            stream.set_line_width(1.6)
            stream.set_dash([], 0)
            _circle(stream, x, height - y, radius)
            stream.fill_and_stroke()
        case Line(points, colour, thick, dashed):
            stream.set_color_rgb(*_rgb(colour), stroke=True)
            stream.set_line_width(thick)
            stream.set_dash(_DASHES if dashed else [], 0)
            (first_x, first_y), *others = points
            stream.move_to(first_x, height - first_y)
            for x, y in others:
                stream.line_to(x, height - y)
            stream.stroke()
        case Label(x, y, text, size, anchor):
            share = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
            stream.set_color_rgb(*_rgb("ink"))
            stream.begin_text()
            stream.set_font_size("Letters", size)
            stream.set_text_matrix(1, 0, 0, 1, x - share * text_width(text, size), height - y)
            # As its font is encoded; a letter that is not in it would be several wrong ones.
            stream.show_text_string(text.encode("cp1252", "replace"))
            stream.end_text()


def _circle(stream: "pydyf.Stream", x: float, y: float, radius: float) -> None:
    """Add a circle to what is drawn: four curves of Bézier, as PDF has no arcs."""
    bend = 0.5523 * radius
    stream.move_to(x + radius, y)
    stream.curve_to(x + radius, y + bend, x + bend, y + radius, x, y + radius)
    stream.curve_to(x - bend, y + radius, x - radius, y + bend, x - radius, y)
    stream.curve_to(x - radius, y - bend, x - bend, y - radius, x, y - radius)
    stream.curve_to(x + bend, y - radius, x + radius, y - bend, x + radius, y)
    stream.close()


def _rgb(colour: Tint) -> Iterator[float]:
    digits = _ON_PAPER[colour].removeprefix("#")
    return (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))


# Widths of Helvetica, which every reader of PDF has, in thousandths of its size (Adobe's AFM).
_WIDTHS: Final[Mapping[str, int]] = {
    " ": 278, ",": 278, "-": 333, ".": 278, "f": 278, "i": 222, "j": 222, "l": 222, "r": 333,
    "t": 278, "I": 278, "J": 500, "c": 500, "k": 500, "s": 500, "v": 500, "x": 500, "y": 500,
    "z": 500, "m": 833, "w": 722, "M": 833, "W": 944, "O": 778, "G": 778, "Q": 778, "C": 722,
    "D": 722, "H": 722, "N": 722, "R": 722, "U": 722, "A": 667, "B": 667, "E": 667, "K": 667,
    "P": 667, "S": 667, "V": 667, "X": 667, "Y": 667, "F": 611, "T": 611, "Z": 611, "L": 556,
}  # fmt: skip
_USUAL: Final = 556
"""Of digits and most small letters."""


def text_width(text: str, size: float) -> float:
    """Return how wide `text` is in Helvetica of `size`, in points."""
    return sum(_WIDTHS.get(letter, _USUAL) for letter in text) * size / 1000


def fitted(text: str, size: float, width: float) -> str:
    """Return as much of `text` as is not wider than `width` points, with … for what is left out."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
