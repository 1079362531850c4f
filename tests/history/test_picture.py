"""Pictures as other programs see them: SVG, PNG and PDF, and texts that are no markup."""

import re
import zlib
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from voice_coach.history.picture import Box, Chart, Label, Line, Ring, fitted

SHAPES = Chart(
    200,
    100,
    [
        Box(10, 20, 50, 30, "bar", "3 March"),
        Ring(150, 50, 10, "before"),
        Line([(0, 90), (200, 90)], "ink", 2, dashed=True),
        Label(100, 15, "a < b", anchor="middle"),
    ],
)


def drawn_in_pdf() -> str:
    """Return what the page of the PDF is drawn with, in PDF's own words."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", SHAPES.file("pdf"), flags=re.DOTALL)
    return " ".join(zlib.decompress(streams[0]).decode("latin-1").split())


def test_a_text_is_no_markup() -> None:
    assert "a &lt; b</text>" in SHAPES.within_page("it")
    assert "<b>&" not in Chart(9, 9, [Label(0, 0, "<b>&")]).within_page("it")


def test_a_pointer_that_rests_on_a_bar_is_told_what_it_is() -> None:
    assert "><title>3 March</title></rect>" in SHAPES.within_page("it")


def test_a_png_shows_each_shape_in_its_place_and_colour() -> None:
    picture = imread(BytesIO(SHAPES.file("png")))[..., :3]
    assert picture.shape[:2] == (208, 417)
    scale = 150 / 72

    def colour(x: float, y: float) -> list[int]:
        return [round(255 * part) for part in picture[int(y * scale), int(x * scale)]]

    assert colour(35, 35) == [0x3A, 0x6E, 0xA5]
    assert colour(5, 35) == colour(150, 50) == [255, 255, 255]
    assert colour(140, 50) == [0xA0, 0x40, 0x00]
    row = picture[int(90 * scale)].mean(axis=1)
    assert 10 < np.count_nonzero(np.diff(row < 0.5)) < 60, "the dashes of the line"
    words = picture[int(6 * scale) : int(16 * scale)].mean(axis=(0, 2))
    inked = np.flatnonzero(words < 0.95) / scale
    assert inked.size
    assert (inked[0] + inked[-1]) / 2 == pytest.approx(100, abs=2), "the middle of the words"


def test_a_pdf_has_the_same_shapes_with_y_upwards() -> None:
    drawn = drawn_in_pdf()
    assert "10 50 50 30 re f" in drawn
    assert "[6 2.5] 0 d 0 10 m 200 10 l S" in drawn
    assert drawn.count(" c ") == 4
    width = (556 + 278 + 584 + 278 + 556) * 11 / 1000
    place = re.search(r"1 0 0 1 ([\d.]+) 85 Tm \(a < b\) Tj", drawn)
    assert place
    assert float(place[1]) == pytest.approx(100 - width / 2, abs=0.5)


def test_a_pdf_spells_what_its_font_has() -> None:
    drawn = Chart(99, 99, [Label(0, 9, "Rücken (0–10) … Дыхание")]).file("pdf")
    stream = re.findall(rb"stream\n(.*?)\nendstream", drawn, flags=re.DOTALL)[0]
    assert b"(R\xfccken \\(0\x9610\\) \x85 ???????) Tj" in zlib.decompress(stream)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("Iii", 99, "Iii"), ("How steady are you?", 50, "How st…"), ("W", 1, "…")],
)
def test_a_text_is_cut_to_its_width(text: str, width: float, shown: str) -> None:
    assert fitted(text, 12, width) == shown
