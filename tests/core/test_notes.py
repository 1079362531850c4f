"""The plain form of notes, which journals on disk hold for ever."""

import json
from typing import get_args

import pytest

from voice_coach.core import notes
from voice_coach.core.notes import Note, kind_and_details
from voice_coach.history.events import JournalEvent

PLAIN: list[tuple[Note, str, str]] = [
    (
        notes.Started("Back", ("Cobra", "Bridge")),
        "started",
        '{"routine": "Back", "exercises": ["Cobra", "Bridge"]}',
    ),
    (notes.Greeted(), "greeted", "{}"),
    (notes.Continued(), "continued", "{}"),
    (
        notes.CueReached(1, "Bridge", 17, 2, "left"),
        "cue",
        '{"exercise": 1, "name": "Bridge", "cue": 17, "repetition": 2, "side": "left"}',
    ),
    (
        notes.CueReached(0, "Cobra", 3, 0, None),
        "cue",
        '{"exercise": 0, "name": "Cobra", "cue": 3, "repetition": 0, "side": null}',
    ),
    (
        notes.Done(0, "Cobra", easier=False),
        "done",
        '{"exercise": 0, "name": "Cobra", "easier": false}',
    ),
    (notes.PartlyDone(0, "Cobra"), "partly", '{"exercise": 0, "name": "Cobra"}'),
    (notes.Skipped(0, "Cobra"), "skipped", '{"exercise": 0, "name": "Cobra"}'),
    (notes.Hurt(0, "Cobra"), "hurt", '{"exercise": 0, "name": "Cobra"}'),
    (
        notes.Shifted(0, "Cobra", 1),
        "shifted",
        '{"exercise": 0, "name": "Cobra", "shift": 1}',
    ),
    (notes.Eased(0, "Cobra"), "eased", '{"exercise": 0, "name": "Cobra"}'),
    (notes.Counted(0, "Cobra", 12), "counted", '{"exercise": 0, "name": "Cobra", "count": 12}'),
    (notes.Unwell("dizzy"), "unwell", '{"sign": "dizzy"}'),
    (notes.PainTold("before", 6), "pain", '{"when": "before", "value": 6}'),
    (notes.PainTold("after", 0), "pain", '{"when": "after", "value": 0}'),
    (notes.Paused(), "paused", "{}"),
    (notes.Resumed(), "resumed", "{}"),
    (notes.Finished(), "finished", "{}"),
    (notes.Stopped(), "stopped", "{}"),
    (notes.Left(), "left", "{}"),
    (notes.Discarded(), "discarded", "{}"),
]


@pytest.mark.parametrize(("note", "kind", "details"), PLAIN, ids=lambda each: str(each)[:20])
def test_the_form_on_disk_stays_as_it_is(note: Note, kind: str, details: str) -> None:
    """To the letter: the checksum of a row is made of it."""
    found = kind_and_details(note)
    assert (found[0], json.dumps(found[1])) == (kind, details)


def test_a_row_of_a_journal_is_what_it_always_was() -> None:
    """Written when a note was still a word with a dict."""
    old = (
        *(5, 1, 1, "2026-01-01T00:00:00.000+00:00", 0, 915040, "cue"),
        '{"exercise":0,"name":"Gentle stretches","cue":0,"repetition":0,"side":null}',
        2956002691,
    )
    kind, details = kind_and_details(notes.CueReached(0, "Gentle stretches", 0, 0, None))
    event = JournalEvent(5, 1, 1, "2026-01-01T00:00:00.000+00:00", 0, 915040, kind, details)
    assert event.to_row() == old


def test_every_note_has_a_plain_form() -> None:
    assert {type(note) for note, _, _ in PLAIN} == set(get_args(Note))
