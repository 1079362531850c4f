"""What counts as misheard: never a way of writing the same sounds, always another sound."""

import pytest

from benchmarks.misheard import misheard, same, words


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Hold it for twenty seconds.", "hold it for 20 seconds"),
        ("About two and a half minutes in all.", "About 2 and a half minutes in all."),
        ("One hundred and seven.", "107."),
        ("Sit down cross-legged.", "Sit down cross legged!"),
        ("Stay on your forearms.", "Stay on your four arms."),
        ("Bring your knee to your chest.", "Bring your nee too your chest"),
        ("The colour of the centre.", "The color of the center."),
        ("All right, we go on.", "Alright, we go on."),
        ("Okay.", "OK"),
        ("That's it.", "That’s it"),
        ("Breathe out, and release.", "BREATHE OUT AND RELEASE"),
    ],
)
def test_another_spelling_of_the_same_sounds_is_no_mistake(said: str, written: str) -> None:
    assert misheard(said, written) == 0


@pytest.mark.parametrize(
    ("said", "written", "wrong"),
    [
        ("One of seven.", "107", 2),  # one hundred and seven
        ("Two of four.", "2-4", 1),
        ("Knee to chest.", "Need to chest.", 1),
        ("Breathe in.", "Green in.", 1),
        ("Next comes side bend.", "Next comes sideband.", 2),
        ("Hold it.", "Hold it. Thank you.", 2),
        ("Hold it there.", "", 3),
        ("Lift your left leg.", "Lift your leg.", 1),
        ("Lower your arms.", "Lower your arm.", 1),
        ("That is all.", "That's all.", 2),
        ("Hold it.", "Thank you for watching this video.", 2),
    ],
)
def test_another_sound_is_a_mistake(said: str, written: str, wrong: int) -> None:
    assert misheard(said, written) == wrong


def test_one_line_is_misheard_in_all_its_words_at_most() -> None:
    assert misheard("Rest.", "the rest of this day and all others " * 20) == 1


def test_a_word_that_the_dictionary_lacks_is_like_itself_alone() -> None:
    assert same(("bhujangasana",), ("bhujangasana",))
    assert not same(("bhujangasana",), ("bujangasana",))


def test_words_are_told_as_they_sound() -> None:
    assert words("Say: 1,000 – 50% of it’s 21!") == (
        "say one thousand fifty percent of it's twenty one".split()
    )
