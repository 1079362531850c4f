"""Drawings of the user's own: what is shown of a file, and what never is."""

import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.tools.page_server import Browser, Served
from voice_coach.paths import routines_dir
from voice_coach.web.drawings import (
    LARGEST_PNG,
    LARGEST_SVG,
    MOST_DRAWINGS,
    DrawingError,
    Drawings,
    read_drawing,
)

OPEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' viewBox="0 0 9 9"'
)
PLAIN = f'{OPEN}><path d="M0 0H9" style="fill:#123456; stroke-width:2"/></svg>'


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int = 2, height: int = 2, *, more: bytes = b"", after: bytes = b"") -> bytes:
    """A grey picture."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(b"\0\x80\x80" * 2))
    return b"\x89PNG\r\n\x1a\n" + header + more + rows + chunk(b"IEND", b"") + after


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def shown(folder: Path, content: str) -> str:
    return read_drawing(written(folder, "mine.svg", content)).content.decode()


def test_shapes_stay_and_a_style_becomes_attributes(tmp_path: Path) -> None:
    root = ElementTree.fromstring(shown(tmp_path, PLAIN))  # noqa: S314 - it is ours
    assert root.get("viewBox") == "0 0 9 9"
    assert root[0].attrib == {"d": "M0 0H9", "fill": "#123456", "stroke-width": "2"}


def test_own_gradients_and_colours_stay(tmp_path: Path) -> None:
    text = shown(
        tmp_path,
        f'{OPEN}><defs><linearGradient id="g"><stop offset="1" stop-color="rgb(1, 2, 3)"/>'
        '</linearGradient></defs><rect transform="rotate(9)" fill="url(#g)" width="3"/></svg>',
    )
    assert 'fill="url(#g)"' in text
    assert "rgb(1, 2, 3)" in text
    assert 'transform="rotate(9)"' in text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<svg:script xmlns:svg='http://www.w3.org/2000/svg'>alert(1)</svg:script>",
        "<g><script href='data:,alert(1)'/></g>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>",
        "<image href='http://evil.example/x.png'/>",
        "<image xlink:href='file:///etc/passwd'/>",
        "<use href='http://evil.example/x.svg#a'/>",
        "<a href='javascript:alert(1)'><circle r='1'/></a>",
        "<style>@import 'http://evil.example/x.css'; *{fill:url(http://evil.example/y)}</style>",
        "<rect onload='alert(1)' onclick='alert(1)'/>",
        "<rect fill='url(http://evil.example/x)'/>",
        "<rect fill='url(#a) url(http://evil.example/x)'/>",
        "<rect fill='URL( //evil.example/x )'/>",
        "<rect fill='u\\72l(http://evil.example/x)'/>",
        "<rect fill='image-set(\"http://evil.example/x\" 1x)'/>",
        "<rect style='fill:url(http://evil.example/x);behavior:url(evil)'/>",
        "<rect style='background-image:url(http://evil.example/x)'/>",
        "<rect filter='url(http://evil.example/x#f)' mask='url(http://evil.example/x#m)'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>",
        "<set attributeName='onload' to='alert(1)'/>",
        "<feImage href='http://evil.example/x'/>",
        "<iframe xmlns='http://www.w3.org/1999/xhtml' src='http://evil.example/'/>",
        "<?xml-stylesheet href='http://evil.example/x.css'?>",
        "<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
        "<script><![CDATA[alert(1)]]></script>",
    ],
)
def test_nothing_that_runs_or_looks_elsewhere_stays(tmp_path: Path, hostile: str) -> None:
    text = shown(tmp_path, f'{OPEN} onload="alert(1)">{hostile}<path d="M0 0H9"/></svg>').lower()
    assert 'd="m0 0h9"' in text
    for word in ("alert", "evil", "script", "href", "passwd", "onload", "style", "<?", "import"):
        assert word not in text, text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + PLAIN, "has a document type or entities"),
        ('<!DOCTYPE svg SYSTEM "file:///etc/passwd">' + PLAIN, "has a document type or entities"),
        (PLAIN.encode("utf-16"), "is not UTF-8"),
        ("", "is no SVG"),
        ("<svg", "is no SVG"),
        (PLAIN.replace("<path", "<path fill='&lol;'"), "is no SVG"),
        ("\0" + PLAIN, "is no SVG"),
        ("<html/>", "is no SVG"),
        ("<svg viewBox='0 0 9 9'><path/></svg>", "is no SVG"),
        (PLAIN.replace('viewBox="0 0 9 9"', ""), "says no size"),
        (PLAIN.replace("0 0 9 9", "0 0 9 0"), "says no size"),
        (PLAIN.replace("0 0 9 9", "0 0 1e9 9"), "says no size"),
        (f"{OPEN}><script/></svg>", "has no shapes"),
        (f"{OPEN}>{'<g>' * 40}{'</g>' * 40}</svg>", "has groups"),
        (f"{OPEN}>{'<g>' * 30_000}{'</g>' * 30_000}</svg>", "has groups"),
        (f"{OPEN}>{'<g/>' * 5_000}</svg>", "has more than"),
        (PLAIN + " " * LARGEST_SVG, "is larger than"),
    ],
)
def test_what_is_no_drawing_is_told_in_one_line(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    path = written(tmp_path, "mine.svg", content)
    with pytest.raises(DrawingError) as raised:
        read_drawing(path)
    assert str(raised.value).startswith(f"{path}: the drawing {said}")
    assert "\n" not in str(raised.value)


def test_a_png_is_served_as_it_is(tmp_path: Path) -> None:
    drawing = read_drawing(written(tmp_path, "mine.png", png()))
    assert (drawing.kind, drawing.content) == ("image/png", png())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLAIN.encode(), "is no PNG"),
        (b"", "is no PNG"),
        (png()[:-3], "is damaged"),
        (png()[:40], "is damaged"),
        (png().replace(b"\0\0\0\x02\x08", b"\0\0\0\x03\x08"), "is damaged"),
        (png(after=b"<script>"), "is damaged"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "is damaged"),
        (png(60_000, 60_000), "is 60000 × 60000 pixels"),
        (png(0, 5), "is 0 × 5 pixels"),
        (png(more=chunk(b"acTL", bytes(8))), "moves"),
        (png(more=chunk(b"tEXt", bytes(LARGEST_PNG))), "is larger than"),
    ],
)
def test_a_png_that_is_damaged_or_too_large_is_not(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(DrawingError, match=f"the drawing {said}"):
        read_drawing(written(tmp_path, "mine.png", content))


def test_the_folder_is_looked_through_and_what_is_wrong_is_told_once(tmp_path: Path) -> None:
    written(tmp_path, "My Bridge.svg", PLAIN)
    written(tmp_path, "notes.txt", "no picture")
    written(tmp_path, "wrong.svg", "<svg")
    (tmp_path / "link.svg").symlink_to(written(tmp_path / "elsewhere", "far.svg", PLAIN))
    (tmp_path / "folder.svg").mkdir()
    drawings = Drawings(tmp_path)
    found, problems = drawings.look()
    assert list(found) == ["my-bridge"]
    assert len(problems) == 1
    assert "wrong.svg" in problems[0]
    assert drawings.look() == (found, [])
    written(tmp_path, "wrong.svg", PLAIN)
    assert list(drawings.look()[0]) == ["my-bridge", "wrong"]


def test_there_may_be_no_folder_or_too_many_in_it(tmp_path: Path) -> None:
    assert Drawings(tmp_path / "none").look() == ({}, [])
    for index in range(MOST_DRAWINGS + 5):
        written(tmp_path, f"{index:03}.svg", PLAIN)
    drawings = Drawings(tmp_path)
    found, problems = drawings.look()
    assert len(found) == MOST_DRAWINGS
    assert [f"more than {MOST_DRAWINGS}" in problem for problem in problems] == [True]
    assert drawings.look()[1] == []


class TestServed:
    def test_to_paired_screens_only(self, served: Served) -> None:
        written(routines_dir() / "drawings", "mine.svg", PLAIN)
        for path in ("/api/drawings", "/drawings/mine"):
            assert served.browser().get(path).status_code == 401

    def test_by_name_cleaned_and_bound(self, browser: Browser) -> None:
        folder = routines_dir() / "drawings"
        written(folder, "Mine.svg", PLAIN.replace("<path", "<script>alert(1)</script><path"))
        written(folder, "photo.png", png())
        assert browser.get("/api/drawings").json()["names"] == ["mine", "photo"]
        answer = browser.get("/drawings/mine")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "alert" not in answer.text
        assert browser.get("/drawings/photo").headers["content-type"] == "image/png"

    @pytest.mark.parametrize("name", ["none", "mine.svg", "..%2fmine", "%2e%2e", "", "mine%00"])
    def test_other_names_are_nothing(self, browser: Browser, name: str) -> None:
        written(routines_dir() / "drawings", "mine.svg", PLAIN)
        assert browser.get(f"/drawings/{name}").status_code == 404

    def test_a_mistake_is_told_in_the_terminal(self, served: Served, browser: Browser) -> None:
        path = written(routines_dir() / "drawings", "mine.svg", "<svg")
        assert browser.get("/api/drawings").json()["names"] == []
        assert [line for line in served.told if str(path) in line]
