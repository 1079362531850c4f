"""Names that our voices speak and our ears hear."""

from pathlib import Path

import pytest

from voice_coach.app.engines import Engine
from voice_coach.app.spoken_names import try_names
from voice_coach.library import read_library
from voice_coach.paths import spoken_names_path
from voice_coach.settings.keys import RecogniserChoice

pytestmark = pytest.mark.slow
LISTENS = Engine(RecogniserChoice.POCKETSPHINX)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for what was found."""
    monkeypatch.setenv("VOICE_COACH_CACHE", str(tmp_path))
    return tmp_path


def test_a_name_is_heard_beside_all_others_and_the_result_is_kept(cache: Path) -> None:
    back, *others = (each.routine for each in read_library()[0])
    evening = back.model_copy(update={"name": "Evening wind down", "aliases": ()})
    (found,) = try_names(evening, [back, *others], LISTENS)
    assert found.sure, found
    assert (found.name, found.tries, found.others) == ("evening wind down", 10, {})
    assert spoken_names_path().parent == cache
    kept = spoken_names_path().read_text()
    assert try_names(evening, [back, *others], LISTENS) == [found]
    assert spoken_names_path().read_text() == kept


def test_what_is_kept_may_be_lost(cache: Path) -> None:
    (cache / "spoken_names.json").write_text("[1, 2")
    back, *others = (each.routine for each in read_library()[0])
    quiet = back.model_copy(update={"name": "Quiet evening", "aliases": ()})
    assert try_names(quiet, [back, *others], LISTENS)[0].tries == 10


def test_a_name_that_is_not_understood_gets_a_proposal() -> None:
    back, *others = (each.routine for each in read_library()[0])
    odd = back.model_copy(update={"name": "Xqv morning", "aliases": ()})
    found = try_names(odd, [back, *others], LISTENS)[0]
    assert found.sure or found.alias in {"morning", "my xqv morning", "xqv morning stretch"}
