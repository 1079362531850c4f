"""Prompted breaths: in, hold, out, rest, as marks within a count.

Owns when each part of a breath is led and how a change of pace takes over with the next
breath; must not know what else is said meanwhile.
"""

from collections.abc import Iterator
from dataclasses import replace

from voice_coach.core.cues import BreathTone, BreathWords, Cue, Mark, MarkKind, Rhythm
from voice_coach.core.language import Language
from voice_coach.core.preferences import Preferences
from voice_coach.core.routine import Breath, Pace
from voice_coach.units import Samples, to_samples


def rhythm_of(pace: Pace, preferences: Preferences, language: Language, *, counted: bool) -> Rhythm:
    """Return the rhythm of `pace` for somebody who likes it faster or slower."""
    return Rhythm(
        inhale=to_samples(pace.inhale_seconds / preferences.tempo),
        hold=to_samples(pace.hold_seconds / preferences.tempo),
        exhale=to_samples(pace.exhale_seconds / preferences.tempo),
        rest=to_samples(pace.rest_seconds / preferences.tempo),
        words=_words(language) if preferences.spoken_breath else BreathWords(),
        tones=preferences.toned_breath,
        counted=counted,
    )


def _words(language: Language) -> BreathWords:
    texts = language.texts
    return BreathWords(texts.breathe_in, texts.hold_breath, texts.breathe_out, texts.rest_breath)


def prompts(rhythm: Rhythm, left: Samples) -> Iterator[Mark]:
    """Lead as many whole breaths as there is time for when `left` of a step is left."""
    words = rhythm.words
    for i in range(left // rhythm.cycle):
        due = left - i * rhythm.cycle
        for length, breath, tone, text in (
            (rhythm.inhale, Breath.INHALE, BreathTone.RISE, words.inhale),
            (rhythm.hold, Breath.HOLD, BreathTone.HIGH, words.hold),
            (rhythm.exhale, Breath.EXHALE, BreathTone.FALL, words.exhale),
            (rhythm.rest, Breath.HOLD, BreathTone.LOW, words.rest),
        ):
            if length:
                sounds = tone if rhythm.tones else None
                yield Mark(due, text, MarkKind.BREATH, breath, sounds, length)
            due -= length
    if after := left % rhythm.cycle:
        yield Mark(after, "", MarkKind.BREATH, Breath.NATURAL)


def marks_left(cue: Cue, left: Samples) -> tuple[Mark, ...]:
    """Return what falls due in `cue` when `left` of it is left; breaths begin at once."""
    if cue.rhythm is None:
        return tuple(mark for mark in cue.marks if mark.left <= left)
    after = left % cue.rhythm.cycle
    others = (mark for mark in cue.marks if mark.kind is not MarkKind.BREATH)
    return (*prompts(cue.rhythm, left), *(mark for mark in others if mark.left <= after))


def breath_begun(cue: Cue, left: Samples) -> Samples:
    """Return what was left of `cue` when the breath began that is interrupted at `left`."""
    begun = (mark.left for mark in cue.marks if _begins_a_breath(mark) and mark.left >= left)
    return min(begun, default=left)


def from_the_next_breath(
    marks: tuple[Mark, ...], ends: Samples, cue: Cue
) -> tuple[tuple[Mark, ...], Samples]:
    """Return the marks and the end of a running count, paced like `cue` from its next breath on.

    `marks` have not fallen due yet. The breath that has begun keeps its pace; a number of
    breaths stays the same and takes another time, a time stays the same.
    """
    begins = [mark.left for mark in marks if _begins_a_breath(mark)]
    if cue.rhythm is None or not begins:
        return marks, ends
    left = len(begins) * cue.rhythm.cycle if cue.rhythm.counted else begins[0]
    longer = left - begins[0]
    this_breath = (replace(m, left=m.left + longer) for m in marks if m.left > begins[0])
    return (*this_breath, *marks_left(cue, left)), ends + longer


def at_pace(before: Cue, after: Cue, left: Samples) -> Samples:
    """Return what is left of a count that stands still, at another pace."""
    if before.rhythm and after.rhythm and after.rhythm.counted:
        return left // before.rhythm.cycle * after.rhythm.cycle
    return left


def _begins_a_breath(mark: Mark) -> bool:
    return mark.breath is Breath.INHALE
