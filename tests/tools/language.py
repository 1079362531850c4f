"""The language that tests speak. Knows nothing of what any of them asks."""

from typing import Final

from voice_coach.dictionary import read_language

ENGLISH: Final = read_language("en")
