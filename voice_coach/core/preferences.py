"""How somebody likes to be led: pace, loudness, how much is said, what leads the breath.

Owns the values; must not know where they are kept, nor what they change.
"""

from dataclasses import dataclass

from voice_coach.core.routine import Routine
from voice_coach.settings.keys import BreathCue, GetReady, Settings, Verbosity


@dataclass(frozen=True)
class Preferences:
    """What a user may change by voice or in the settings; it outlives the session."""

    tempo: float = Settings.tempo
    """How fast breath and speech go; 1 is calm."""
    volume_db: float = Settings.volume_db
    verbosity: Verbosity = Settings.verbosity
    breath: BreathCue = Settings.breath
    get_ready: GetReady = Settings.get_ready
    get_ready_seconds: int | None = Settings.get_ready_seconds
    """Time to come into a new position, in place of the routine's own."""
    voice_name: str | None = Settings.voice_name
    """Which of the engine's voices speaks; None is the first one."""
    ask_pain: bool = False
    """Whether to ask how it feels, from zero to ten, before and after; a script does not, unless
    it wants to."""

    def asks_about(self, routine: Routine) -> bool:
        """Whether it is asked how it feels, before and after `routine`."""
        return self.ask_pain and routine.question is not None

    @property
    def spoken_breath(self) -> bool:
        """Whether breaths are led by words."""
        return self.breath is not BreathCue.TONES and self.verbosity is not Verbosity.TONES

    @property
    def toned_breath(self) -> bool:
        """Whether breaths are led by tones."""
        return self.breath is not BreathCue.VOICE or self.verbosity is Verbosity.TONES
