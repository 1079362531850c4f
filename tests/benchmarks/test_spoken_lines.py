"""The lines that are tried by ear: no text of the language or of a routine is left out."""

import re
from dataclasses import asdict

from benchmarks.intelligibility import chosen
from benchmarks.spoken_lines import spoken_lines
from tests.tools.language import ENGLISH
from voice_coach.core.plan import make_plan
from voice_coach.core.preferences import Preferences
from voice_coach.library import read_library
from voice_coach.settings.keys import Verbosity

SHIPPED = [shelved.routine for shelved in read_library()[0] if not shelved.own]
LINES = spoken_lines(ENGLISH, SHIPPED)


def pattern(template: str) -> re.Pattern[str]:
    """Whatever `template` may become, within a line."""
    fixed = re.split(r"{\w+}", template)
    return re.compile(".+".join(map(re.escape, fixed)), re.IGNORECASE)


def test_every_template_of_the_language_is_tried() -> None:
    phrasings = asdict(ENGLISH.phrasings).values()
    templates = [*asdict(ENGLISH.written.templates).values(), *(w for g in phrasings for w in g)]
    assert [text for text in templates if not any(map(pattern(text).search, LINES))] == []


def test_every_text_of_the_language_is_tried() -> None:
    texts = asdict(ENGLISH.written.texts).values()
    assert [text for text in texts if text not in LINES] == []


def test_every_word_of_every_plan_is_tried() -> None:
    """However a routine is led, what is said of it is made of the lines, numbers apart."""
    for routine in SHIPPED:
        for verbosity in Verbosity:
            for easier in (frozenset[int](), frozenset(range(len(routine.exercises)))):
                preferences = Preferences(verbosity=verbosity)
                plan = make_plan(routine, ENGLISH, preferences, shifts=dict.fromkeys(easier, -1))
                for cue in plan.cues[1:-1]:
                    for said in (cue.text, *(mark.text for mark in cue.marks)):
                        assert made_of_lines(said), said


NUMBERS = re.compile(rf"\b({'|'.join(map(ENGLISH.number, range(1, 31)))})( seconds?)?\b")


def without_numbers(line: str) -> str:
    return NUMBERS.sub("#", line.casefold())


ANY_NUMBER = {without_numbers(line) for line in LINES}


def made_of_lines(said: str) -> bool:
    rest = without_numbers(said)
    while rest:
        heads = [line for line in ANY_NUMBER if rest.startswith(line)]
        if not heads:
            return False
        rest = rest[len(max(heads, key=len)) :].strip()
    return True


def test_nothing_is_left_to_be_filled_and_nothing_is_tried_twice() -> None:
    assert [line for line in LINES if "{" in line or "}" in line or not line.strip()] == []
    assert len(LINES) == len(set(LINES)) > 200


def test_a_share_is_drawn_by_the_seed() -> None:
    few = chosen(LINES, "", 0.1, 1)
    assert few == chosen(LINES, "", 0.1, 1) != chosen(LINES, "", 0.1, 2)
    assert len(few) == round(0.1 * len(LINES))
    assert chosen(LINES, "CHEST", 1.0, 1) == [line for line in LINES if "chest" in line.lower()]
