"""Templates inline, then every sentence that they allow."""

import pytest
from hassil import RangeSlotList, TextSlotList, parse_sentence

from voice_coach.core.templates import Template, grammar, spoken
from voice_coach.errors import SentencesError

LISTS = {
    "milk": TextSlotList.from_strings(["milk", "soy [milk]"]),
    "room": TextSlotList.from_strings(["Living-room"]),
    "nobody": TextSlotList.from_strings([]),
    "minutes": RangeSlotList("minutes", 20, 22, 2),
}
RULES = {
    "polite": parse_sentence("[please|kindly]"),
    "again": parse_sentence("<again> again"),
}


def sentences(*texts: str) -> list[str]:
    templates = [Template(parse_sentence(text).expression, LISTS, RULES) for text in texts]
    return sorted(grammar("test", templates).sentences())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stop", {"stop"}),
        ("stop [now]", {"stop", "stop now"}),
        ("[now|please] stop", {"stop", "now stop", "please stop"}),
        ("(go|carry) on", {"go on", "carry on"}),
        ("light[s] o(n|ff)", {"light on", "light off", "lights on", "lights off"}),
        ("it['s| is] me", {"it me", "it's me", "it is me"}),
        ("<polite> stop", {"stop", "please stop", "kindly stop"}),
        ("with {milk}", {"with milk", "with soy", "with soy milk"}),
        ("in {minutes}", {"in twenty", "in twenty two"}),
        ("in {5..15,10:later} minutes", {"in five minutes", "in fifteen minutes"}),
        ("in the {room}", {"in the living room"}),
        ("no {nobody} here", set()),
        ("What’s NEXT, 3?", {"what's next three"}),
        ("(a;b)", {"a b", "b a"}),
        ("(a;[b])", {"a", "a b", "b a"}),
        ("(a;b;c)", {"a b c", "a c b", "b a c", "b c a", "c a b", "c b a"}),
        ("[maybe]", {"maybe"}),
    ],
)
def test_every_sentence_of_a_template(text: str, expected: set[str]) -> None:
    assert set(sentences(text)) == expected


def test_a_slot_is_filled_at_most_once() -> None:
    assert sentences("{milk} [and {milk}]") == ["milk", "soy", "soy milk"]
    assert "milk and milk" in sentences("{milk} and {milk:more}")


def test_slots_of_one_template_leave_the_next_alone() -> None:
    both = sentences("{milk} [and {milk}]", "just {milk}")
    assert both == ["just milk", "just soy", "just soy milk", "milk", "soy", "soy milk"]


def test_permutations_of_many_parts_stay_small() -> None:
    many = "(a;b;c;d;e;f;g;h)"
    automaton = grammar("g", [Template(parse_sentence(many).expression, {}, {})])
    assert len(automaton.arcs) == 8 * 2**7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("play {music}", "list 'music' has no values"),
        ("<friendly> stop", "no rule named 'friendly'"),
        ("say <again>", "rule 'again' contains itself"),
        ("(a;b;c;d;e;f;g;h;i)", "9 parts in any order"),
    ],
)
def test_what_has_no_meaning_is_named(text: str, message: str) -> None:
    with pytest.raises(SentencesError, match=message):
        sentences(text)


def test_spoken_form() -> None:
    assert spoken("  Let’s GO, 21 times!") == "let's go twenty one times"
