"""Draws the page as it looks: every view on a phone, a tablet and a television, light and dark.

python -m scripts.draw_pages FOLDER    all of them into FOLDER
python -m scripts.draw_pages --docs    the three in the documentation

A coach without sound leads the session by its real rules, behind the real server of the page.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.rig.browser import chromium
from benchmarks.rig.stand_in import StandIn, at_home
from scripts import ROOT
from voice_coach.app.engines import choose_recogniser
from voice_coach.app.offers import equipment
from voice_coach.settings.keys import RecogniserChoice

WINDOWS = {"phone": (390, 844), "tablet": (1180, 820), "tv": (1920, 1080)}
VIEWS = {
    "library": ".tiles .figure",
    "history": "tbody tr",
    "author": ".verdict.good",
    "settings": ".voices li",
    "session": ".starts button",
}
MOMENTS: dict[str, dict[str, Any]] = {
    "leg-reach": {"exercise": "Leg reach", "side": "left", "repetition": 2, "left": 6.5},
    "cat-stretch": {"exercise": "Cat stretch", "repetition": 2},
    "knee-to-chest": {"exercise": "Knee to chest", "side": "right", "left": 6},
    "bridge": {"exercise": "Bridge", "repetition": 2, "left": 12},
}
DOCS = {
    "screen-session": ("tablet", "light", "leg-reach"),
    "screen-library": ("tablet", "light", "library"),
    "screen-history": ("tablet", "dark", "history"),
}


@contextmanager
def coach(**options: Any) -> Iterator[StandIn]:
    """Give a coach whose things are kept in a folder of their own for so long."""
    with tempfile.TemporaryDirectory() as folder, at_home(Path(folder)):
        stand_in = StandIn(0, **options)
        stand_in.open()
        yield stand_in
        stand_in.close()


def paired(browser: Any, stand_in: StandIn, window: str, scheme: str) -> Any:
    """Open a page of this size and colour."""
    width, height = WINDOWS[window]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(stand_in.screen.link)
    page.wait_for_selector("main > section")
    return page


def draw_view(browser: Any, window: str, scheme: str, view: str, path: Path) -> None:
    """Draw one view while nothing runs, on a machine that has the voices of this one."""
    voices = equipment(choose_recogniser(RecogniserChoice.AUTO))
    with coach(equipment=voices) as stand_in:
        page = paired(browser, stand_in, window, scheme)
        page.evaluate("(hash) => (location.hash = hash)", "author/0" if view == "author" else view)
        page.wait_for_selector(VIEWS[view])
        page.wait_for_timeout(300)
        page.screenshot(path=path)
        page.close()


def draw_moment(browser: Any, window: str, scheme: str, moment: str, path: Path) -> None:
    """Draw the session in the middle of an exercise."""
    with coach() as stand_in:
        page = paired(browser, stand_in, window, scheme)
        page.click("[data-start=back]:visible")
        page.wait_for_selector(".session:not([data-mode=idle])")
        stand_in.leap(**MOMENTS[moment])
        stand_in.screen.mailbox.heard("a bit slower", stand_in.position())
        page.wait_for_timeout(2200)
        page.screenshot(path=path)
        page.close()


def draw_question(browser: Any, window: str, scheme: str, path: Path) -> None:
    """Draw the question how it feels."""
    with coach(ask_pain=True) as stand_in:
        page = paired(browser, stand_in, window, scheme)
        page.click("[data-start=back]:visible")
        page.wait_for_selector(".asked.number")
        page.wait_for_timeout(300)
        page.screenshot(path=path)
        page.close()


def draw(browser: Any, window: str, scheme: str, what: str, path: Path) -> None:
    """Draw `what`, a view or a moment."""
    if what in VIEWS:
        draw_view(browser, window, scheme, what, path)
    elif what in MOMENTS:
        draw_moment(browser, window, scheme, what, path)
    else:
        draw_question(browser, window, scheme, path)


def main() -> int:
    """Write the pictures."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with chromium() as browser:
        if sys.argv[1] == "--docs":
            for name, (window, scheme, what) in DOCS.items():
                draw(browser, window, scheme, what, ROOT / "docs" / f"{name}.png")
            return 0
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        for window in WINDOWS:
            for scheme in ("light", "dark"):
                for what in (*VIEWS, *MOMENTS, "question"):
                    draw(browser, window, scheme, what, folder / f"{what}-{window}-{scheme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
