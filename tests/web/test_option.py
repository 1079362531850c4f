"""The option --screen: with a value, without one, and in every place where a routine may stand."""

from pathlib import Path

import pytest

from voice_coach.cli import console, main
from voice_coach.settings.keys import ScreenChoice, Settings


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str | None, Settings]]:
    """What `run` was asked for, without running."""
    monkeypatch.setenv("VOICE_COACH_SETTINGS", str(tmp_path / "settings.toml"))
    asked: list[tuple[str | None, Settings]] = []
    monkeypatch.setattr(main, "_coach", lambda routine, settings: asked.append((routine, settings)))
    return asked


def run(*arguments: str) -> int:
    return console.guarded(lambda: main.app(["run", *arguments], standalone_mode=False))


@pytest.mark.parametrize(
    ("arguments", "routine", "choice"),
    [
        ([], None, ScreenChoice.OFF),
        (["--screen"], None, ScreenChoice.ON),
        (["--screen", "lan"], None, ScreenChoice.LAN),
        (["--screen=lan"], None, ScreenChoice.LAN),
        (["--screen", "off"], None, ScreenChoice.OFF),
        (["--screen", "back"], "back", ScreenChoice.ON),
        (["back", "--screen"], "back", ScreenChoice.ON),
        (["--screen", "--tempo", "1.1", "back"], "back", ScreenChoice.ON),
        (["--screen", "lan", "back"], "back", ScreenChoice.LAN),
    ],
)
def test_with_and_without_a_value(
    chosen: list[tuple[str | None, Settings]],
    arguments: list[str],
    routine: str | None,
    choice: ScreenChoice,
) -> None:
    assert run(*arguments) == 0
    ((asked, settings),) = chosen
    assert (asked, settings.screen, settings.screen_port) == (routine, choice, 8642)


def test_as_a_setting(chosen: list[tuple[str | None, Settings]], tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('screen = "lan"\nscreen_port = 9000\n')
    assert run() == 0
    assert run("--screen") == 0
    assert [(each.screen, each.screen_port) for _, each in chosen] == [
        (ScreenChoice.LAN, 9000),
        (ScreenChoice.ON, 9000),
    ]


def test_a_wrong_value(
    chosen: list[tuple[str | None, Settings]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--screen=tv") == 2
    assert "'tv' is not one of 'off', 'on', 'lan'" in capsys.readouterr().err
    assert run("--screen-port", "80") == 2
    assert chosen == []
