"""A user of the real coach: what they say, have done before, and keep of their own.

Owns the user's side; must not know how the coach is started or heard.
"""

from pathlib import Path

import numpy as np

from voice_coach.app.rehearsal import USER_DB, USER_VOICE
from voice_coach.audio.pcm import Pcm, as_heard, decibels
from voice_coach.history.journal import Journal
from voice_coach.speaking.espeak import EspeakVoice
from voice_coach.units import to_samples

_MORNING = """\
name: Morning
purpose: It wakes you up.
exercises:
  - name: Bridge
    purpose: It strengthens your bottom.
    position: back
    get_there: Lie down.
    setup: Feet flat.
"""


def user(words: str) -> Pcm:
    """Return what the user says, in another voice than the coach's, from two metres away."""
    return as_heard(EspeakVoice(USER_VOICE).render(words)) * np.float32(decibels(USER_DB))


def not_the_first_time() -> None:
    """Leave a session in the journal, so that the long warning of the first one is not said."""
    with Journal.open() as journal:
        journal.append("started", {"routine": "Gentle stretch", "exercises": ["Neck"]}, 0)
        journal.append("finished", {}, to_samples(60))


def keep_routine(data: Path, rest: str) -> Path:
    """Keep a routine of the user's own in the data folder `data`; return where its like are kept.

    It is called Morning, and has one exercise, the bridge, which goes on with `rest`.
    """
    routines = data / "voice-coach" / "routines"
    routines.mkdir(parents=True)
    (routines / "morning.yaml").write_text(_MORNING + rest)
    return routines
