"""The report, read as a browser, a screen reader and a printer would; and charts as files."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import pytest
from matplotlib.image import imread

from tests import CHECKOUT
from voice_coach.history.journal import PastSession, Work
from voice_coach.history.picture import FORMATS, text_width
from voice_coach.history.report import page, plot
from voice_coach.history.statistics import Programme, pain_over_time, periods

TODAY = date(2026, 3, 4)
VOID = {"meta", "link", "br", "hr", "img", "input"}
LOADING = {"script", "link", "img", "iframe", "object", "embed", "audio", "video", "source", "base"}
ONE = PastSession(
    number=1,
    routine="Back",
    began=datetime(2026, 3, 3, 18, 5, tzinfo=UTC),
    seconds=754.0,
    planned=7,
    done=("Bridge", "Cobra"),
    skipped=("Cat stretch",),
    hurt=("Cobra",),
    pain_before=5,
    pain_after=3,
    ending="stopped",
)


def many(count: int, days: float = 1) -> list[PastSession]:
    """Sessions as in ONE, the last one on the day of ONE, each `days` after the one before."""
    steps = (timedelta(days=days * (number - count + 1)) for number in range(count))
    return [
        replace(ONE, number=number, began=ONE.began + step, pain_before=None)
        if number % 5 == 4
        else replace(ONE, number=number, began=ONE.began + step, pain_before=number % 9)
        for number, step in enumerate(steps, 1)
    ]


class Reader(HTMLParser):
    """Reads a page, and is strict about what belongs together."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All words, with single spaces."""
        return " ".join(" ".join(self.texts).split())

    def by_id(self, identifier: str) -> list[str]:
        """Return the names of the elements with this identifier."""
        return [tag for tag, attributes in self.tags if attributes.get("id") == identifier]


@pytest.fixture(scope="module")
def text() -> str:
    return page(many(30), TODAY)


@cache
def told_of_one() -> str:
    """Return the words of the page of one session."""
    bridge = Work("Bridge", "3 × 20 s", 8, "easier")
    one = replace(ONE, question="How bad is it, from zero to ten?", work=(bridge,))
    programmes = {"Back": Programme("What is asked now?", {"Cat stretch": "4 ×"})}
    return Reader(page([one], TODAY, programmes)).text


class TestPage:
    """What is on it."""

    @pytest.mark.parametrize(
        "words",
        [
            "what was done, and how it felt 3 March 2026 to 4 March 2026",
            "session 1 minutes in all 13 calendar week in a row 1",
            "minutes this week, 1 session 13",
            "level hurt Back : 1 session, 0 to the end, 13 minutes Cat stretch",
            "Bridge 3 × 20 s 1 0 0 8 easier 1× –",
            "Cobra – 1 0 0 – – 1× , 3 Mar 2026",
            "Cat stretch 4 × 0 0 1 – – – Bridge 3 × 20 s",
            "13 on average over 1 week, at most 13 (week from 2 March 2026)",
            "How bad is it, from zero to ten? Line chart",
            "Mean of the 1 session in which both were told: 5.0 → 3.0",
            "2026-03-03 18:05 Back 13 2 of 7 Cat stretch Cobra 5 → 3 stopped",
        ],
    )
    def test_one_session_is_told_whole(self, words: str) -> None:
        assert words in told_of_one()

    @pytest.mark.slow
    def test_nothing_told_of_pain_or_hurt_is_said_so(self) -> None:
        bare = replace(ONE, hurt=(), pain_before=None, pain_after=None, done=(), skipped=())
        told = Reader(page([bare], TODAY)).text
        assert "was not told in any session" in told
        assert "Mean of the" not in told
        assert "×" not in told

    def test_names_are_words_whatever_they_hold(self) -> None:
        evil = "<script>alert('1')</script>&amp;\"{{ 7 * 7 }}"
        session = replace(ONE, routine=evil, done=(evil,), skipped=(evil,), hurt=(evil,))
        reader = Reader(page([session], TODAY))
        assert "script" not in {tag for tag, _ in reader.tags}
        assert reader.text.count(evil) >= 5

    def test_every_figure_of_a_chart_is_there_in_words(self, text: str) -> None:
        told = Reader(text).text
        _, weeks = periods(many(30), TODAY)
        assert len(weeks) == 5
        for week in weeks:
            name = f"{week.begins.day} {week.begins:%B %Y}"
            assert f"{name} {week.sessions} {week.seconds / 60:.0f}" in told

    def test_the_calendar_ends_with_this_week_and_leaves_the_future_empty(self, text: str) -> None:
        told = Reader(text).text
        assert "The last 12 weeks" in told
        assert "2 Mar 13 13 · none to come to come to come to come 25 The last 20" in told
        assert "in all 15 Dec · none" in told

    def test_only_the_last_sessions_are_listed(self, text: str) -> None:
        reader = Reader(text)
        times = [attributes["datetime"] for tag, attributes in reader.tags if tag == "time"]
        assert times == [s.began.isoformat() for s in reversed(many(30)[-20:])]

    @pytest.mark.slow
    @pytest.mark.parametrize("count", [1, 2, 300])
    def test_is_well_formed_and_its_identifiers_are_unique(self, count: int) -> None:
        reader = Reader(page(many(count), TODAY))
        identifiers = [a["id"] for _, a in reader.tags if a.get("id")]
        assert len(identifiers) == len(set(identifiers))
        pointed = re.findall(r'aria-(?:labelled|described)by="([\w-]+)"', page(many(count), TODAY))
        assert pointed
        assert set(pointed) <= set(identifiers)

    @pytest.mark.slow
    def test_sessions_of_a_clock_that_was_wrong_do_no_harm(self) -> None:
        lost = replace(ONE, began=datetime(1970, 1, 1, tzinfo=UTC))
        ahead = replace(ONE, began=datetime(2031, 1, 1, tzinfo=UTC))
        assert "minutes per year" in page([lost, ONE, ahead], TODAY)


HEEL, STEADY = "How bad is your heel?", "How steady do you feel?"


class TestQuestions:
    """Each question by itself: what ten means differs."""

    @pytest.fixture
    def sessions(self) -> list[PastSession]:
        """A heel that gets better, and a balance that gets better, day by day in turn."""
        return [
            replace(s, routine="Heel", question=HEEL, pain_before=8, pain_after=6)
            if s.number % 2
            else replace(s, routine="Balance", question=STEADY, pain_before=2, pain_after=5)
            for s in many(20)
        ]

    def test_each_has_a_chart_and_a_mean_of_its_own(self, sessions: list[PastSession]) -> None:
        text = page(sessions, TODAY)
        told = Reader(text).text
        assert f"{HEEL} Line chart" in told
        assert f"{STEADY} Line chart" in told
        assert told.count("Mean of the 10 sessions in which both were told") == 2
        assert "told: 8.0 → 6.0 ." in told
        assert "told: 2.0 → 5.0 ." in told
        heel, steady, _ = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
        assert heel.count(", before: 8<") == steady.count(", after: 5<") == 10
        assert ", before: 8<" not in steady
        assert ", after: 5<" not in heel

    def test_a_plot_has_one_below_the_other(self, sessions: list[PastSession]) -> None:
        drawn = ElementTree.fromstring(plot(sessions, TODAY, "svg"))  # noqa: S314 - ours
        assert drawn.get("height") == "840pt"
        words = {e.text for e in drawn.iter() if e.tag.endswith("text")}
        assert {HEEL, STEADY, "minutes per week"} <= words

    def test_a_long_question_stays_beside_the_legend(self) -> None:
        session = replace(ONE, question="How does it feel today " * 20)
        drawn = ElementTree.fromstring(plot([session], TODAY, "svg"))  # noqa: S314 - ours
        words = [e.text or "" for e in drawn.iter() if e.tag.endswith("text")]
        (shown,) = (text for text in words if text.startswith("How does"))
        assert shown.endswith("…")
        assert text_width(shown, 12) < 680 - 52 - 28 - 190


class TestAlone:
    """It needs nothing but itself."""

    def test_loads_nothing_and_runs_nothing(self, text: str) -> None:
        reader = Reader(text)
        assert {tag for tag, _ in reader.tags} & LOADING == set()
        for _, attributes in reader.tags:
            assert not [name for name in attributes if name.startswith("on")]
            for name in ("src", "href", "xlink:href", "action"):
                assert (attributes.get(name) or "#").startswith("#")
        assert not re.search(r"@import|url\((?!#)", text)
        policies = [a["content"] for _, a in reader.tags if a.get("http-equiv")]
        assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]

    @pytest.mark.slow
    def test_the_same_sessions_give_the_same_bytes_in_another_process(self, text: str) -> None:
        program = (
            "import sys; sys.stdout.reconfigure(encoding='utf-8');"
            "from tests.history.test_report import *; print(page(many(30), TODAY), end='')"
        )
        made = [
            subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | {"PYTHONHASHSEED": seed},
                cwd=CHECKOUT,
                capture_output=True,
                check=True,
            ).stdout.decode()
            for seed in ("1", "2")
        ]
        assert made == [text, text]


class TestSeen:
    """By everybody: without colours, without eyes, in the dark."""

    def test_each_chart_has_a_name_and_a_description(self, text: str) -> None:
        reader = Reader(text)
        charts = [attributes for tag, attributes in reader.tags if tag == "svg"]
        assert len(charts) == 2
        for chart in charts:
            assert chart["role"] == "img"
            assert reader.by_id(str(chart["aria-labelledby"])) == ["span"]
            assert reader.by_id(str(chart["aria-describedby"])) == ["figcaption"]

    def test_charts_have_a_bar_or_a_mark_for_every_figure(self) -> None:
        sessions = many(30)
        svgs = re.findall(r"<svg.*?</svg>", page(sessions, TODAY), flags=re.DOTALL)
        lines, bars = (ElementTree.fromstring(svg) for svg in svgs)  # noqa: S314 - ours
        assert len(styled(bars, "rect", "fill: var(--bar)")) == 5
        _, told = pain_over_time(sessions)
        for name, tag, look in (
            ("before", "circle", "stroke: var(--before)"),
            ("after", "rect", "fill: var(--after)"),
        ):
            wanted = sum(getattr(point, name) is not None for point in told)
            assert len(styled(lines, tag, look)) == wanted + 2  # and two in the legend

    def test_lines_differ_without_colour(self, text: str) -> None:
        strokes = re.findall(r"<polyline[^>]*stroke: var\(--(before|after)\)([^>]*)", text)
        lines = [(name, "stroke-dasharray" in rest) for name, rest in strokes]
        assert set(lines) == {("before", True), ("after", False)}

    def test_no_colour_is_fixed_in_a_chart(self, text: str) -> None:
        drawn = "".join(re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL))
        assert re.findall(r"#[0-9a-f]{6}\b(?!\")", drawn) == []

    def test_everything_stands_out_from_its_ground_light_and_dark(self, text: str) -> None:
        palettes = re.findall(r":root \{(.*?)\}", text, flags=re.DOTALL)
        assert len(palettes) == 2
        for palette in palettes:
            colours = dict(re.findall(r"--(\w+): (#[0-9a-f]+)", palette))
            paper, ink = colours["paper"], colours["ink"]
            assert contrast(ink, paper) > 12
            assert contrast(colours["soft"], paper) > 4.5
            for name in ("bar", "before", "after"):
                assert contrast(colours[name], paper) > 4.5
            for name in ("s1", "s2", "s3", "s4"):
                assert contrast(ink, colours[name]) > 4.5


def styled(svg: ElementTree.Element, tag: str, look: str) -> list[ElementTree.Element]:
    """Return the elements of a kind that have this among their styles."""
    elements = svg.iter()
    return [e for e in elements if e.tag.endswith(tag) and look in str(e.get("style"))]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours after WCAG 2.2, from 1 to 21."""
    lights = []
    for colour in (one, other):
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


class TestPlot:
    """Charts as files."""

    @pytest.mark.slow
    @pytest.mark.parametrize("form", FORMATS)
    def test_the_same_sessions_give_the_same_bytes(self, form: str) -> None:
        assert plot(many(40), TODAY, form) == plot(many(40), TODAY, form)

    @pytest.mark.slow
    def test_png_is_a_picture_with_something_on_it(self) -> None:
        picture = imread(BytesIO(plot(many(40), TODAY, "png")))
        assert picture.shape[:2] == (1167, 1417)
        assert picture[..., :3].min() < 0.2
        assert picture[..., :3].mean() > 0.7

    def test_svg_is_well_formed_and_tells_its_axes(self) -> None:
        drawn = ElementTree.fromstring(plot(many(40), TODAY, "svg"))  # noqa: S314 - ours
        words = {element.text for element in drawn.iter() if element.tag.endswith("text")}
        assert {"minutes per week", "Asked in Back", "before", "after"} <= words

    def test_pdf(self) -> None:
        drawn = plot(many(40), TODAY, "pdf")
        assert drawn.startswith(b"%PDF-")
        assert b"CreationDate" not in drawn

    def test_many_sessions_are_drawn_as_means(self) -> None:
        drawn = plot(many(400), TODAY, "svg").decode()
        assert "Asked in Back, mean of a week" in drawn
