"""Every behaviour of the session, as a text file that a person can read aloud."""

from pathlib import Path

import pytest

from tests.tools.language import ENGLISH
from tests.tools.simulation import Simulation, Transcript
from voice_coach.core.intents import Commands
from voice_coach.core.routine import Routine
from voice_coach.core.state import State
from voice_coach.library import read_commands, read_routine
from voice_coach.resources import resource

FOLDER = Path(__file__).parent.parent / "transcripts"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.txt"))


@pytest.fixture(scope="session")
def routines() -> tuple[Routine, ...]:
    """The routines that ship, the back routine first."""
    return tuple(
        read_routine(resource("routines") / f"{name}.yaml")
        for name in ("back", "breathing", "gentle-stretch")
    )


@pytest.fixture(scope="session")
def commands(routines: tuple[Routine, ...]) -> Commands:
    """What may be said."""
    return read_commands(routines)


@pytest.mark.parametrize("name", NAMES)
def test_transcript(name: str, routines: tuple[Routine, ...], commands: Commands) -> None:
    """The coach does what the transcript says, line by line."""
    Transcript(FOLDER / name, Simulation(State(routines, ENGLISH), commands)).play()


def test_a_wrong_line_is_noticed(
    tmp_path: Path, routines: tuple[Routine, ...], commands: Commands
) -> None:
    """The transcripts can fail: words, lengths and modes are compared."""
    for wrong in ("say 'Something else.'", "hold 3 s", "mode paused", "nonsense"):
        script = tmp_path / "wrong.txt"
        script.write_text(f"00:00 hear 'start back routine'\n{wrong}\n", encoding="utf-8")
        with pytest.raises(AssertionError, match=r"wrong\.txt:2"):
            Transcript(script, Simulation(State(routines, ENGLISH), commands)).play()
