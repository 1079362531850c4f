"""The commands about what was done, run on a real journal."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import typer

from tests import CHECKOUT
from voice_coach.cli.console import guarded
from voice_coach.cli.history import history_app, report
from voice_coach.cli.writing import whole_file
from voice_coach.errors import OutputError
from voice_coach.history.journal import Journal, export_events, local_now, read_sessions
from voice_coach.units import to_samples

NAMES = ("Cat stretch", "Bridge", "Cobra")
SUMMER = timezone(timedelta(hours=2))

app = typer.Typer(name="voice-coach")
app.add_typer(history_app, name="history")
app.command()(report)


def coach(*arguments: str) -> int:
    """Run a command in this process; return the exit status."""
    return guarded(lambda: app(list(arguments), standalone_mode=False))


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal of this test is; nothing is there yet."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data" / "journal.sqlite3"
    monkeypatch.setenv("VOICE_COACH_JOURNAL", str(path))
    return path


def keep(began: datetime, minutes: float, routine: str = "Back", *, whole: bool = True) -> None:
    """Keep a session: a whole one, or one in which much went wrong."""
    with Journal.open(threaded=False, now=lambda: began) as kept:
        end = to_samples(60 * minutes)
        kept.append("started", {"routine": routine, "exercises": list(NAMES)}, 0)
        kept.append("pain", {"when": "before", "value": 6}, 0)
        for number, name in enumerate(NAMES):
            about = {"exercise": number, "name": name}
            kept.append("cue", {"cue": number, "repetition": 1, "side": None, **about}, 0)
            if whole or number == 0:
                kept.append("done", {**about, "easier": False}, end // 2)
            else:
                kept.append("hurt" if number == 1 else "skipped", about, end // 2)
        kept.append("finished" if whole else "stopped", {}, end)
        if whole:
            kept.append("pain", {"when": "after", "value": 2}, end)


@pytest.fixture
def two() -> None:
    """Two sessions of last summer, and one of now."""
    keep(datetime(2025, 7, 1, 18, 30, tzinfo=SUMMER), 15)
    keep(datetime(2025, 7, 2, 9, 5, tzinfo=SUMMER), 4.6, "Gentle stretch", whole=False)


class TestNothingYet:
    """Before the first session."""

    @pytest.mark.parametrize(
        "arguments", [["history"], ["history", "--plot", "x.png"], ["report", "--out", "x.html"]]
    )
    def test_is_told_in_one_friendly_line(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert coach(*arguments) == 0
        said = capsys.readouterr()
        assert said.out.startswith("No sessions yet. Begin with voice-coach run")
        assert (said.out.count("\n"), said.err) == (1, "")
        assert list(tmp_path.iterdir()) == []

    def test_programs_get_an_empty_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "--json") == 0
        assert json.loads(capsys.readouterr().out)["sessions"] == []
        assert coach("history", "--csv") == 0
        assert capsys.readouterr().out.startswith("number,routine,began,seconds,")

    def test_there_is_nothing_to_delete_or_copy(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "delete", "--yes") == 0
        assert capsys.readouterr().out == "There was nothing to delete.\n"
        assert coach("history", "backup", "copy.sqlite3") == 2
        assert "There is no journal" in capsys.readouterr().err


@pytest.mark.usefixtures("two")
class TestHistory:
    """What is shown in the terminal."""

    def test_a_line_for_each_session(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines == [
            "date              routine         min    done  skipped  0–10   ended     hurt",
            "2025-07-01 18:30  Back             15  3 of 3           6 → 2  finished",
            "2025-07-02 09:05  Gentle stretch    5  1 of 3        1  6 → –  stopped   Bridge",
            "2 sessions, 20 minutes; 0 weeks in a row; this week 0 sessions, 0 minutes",
        ]

    def test_this_week_and_weeks_in_a_row(self, capsys: pytest.CaptureFixture[str]) -> None:
        for weeks in (3, 1, 0):
            keep(local_now() - timedelta(weeks=weeks), 10)
        assert coach("history") == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.endswith("; 2 weeks in a row; this week 1 session, 10 minutes")

    def test_only_the_last_ones_and_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "--limit", "1") == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[1].startswith("2025-07-02")
        assert lines[2:-1] == ["The last 1 of 2; --limit shows more."]

    @pytest.mark.slow
    def test_the_last_twenty_unless_told_otherwise(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for day in range(1, 20):
            keep(datetime(2025, 8, day, tzinfo=SUMMER), 1)
        assert coach("history") == 0
        lines = capsys.readouterr().out.splitlines()
        assert (len(lines), lines[-2]) == (23, "The last 20 of 21; --limit shows more.")
        assert coach("history", "--limit", "21") == 0
        assert len(capsys.readouterr().out.splitlines()) == 23

    def test_names_cannot_steer_the_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        keep(local_now(), 1, "\x1b[31m[red]\x07\nBack:smile:")
        assert coach("history") == 0
        shown = capsys.readouterr().out
        assert " [31m[red]  Back:smile:" in shown
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", shown)

    def test_is_read_while_a_coach_is_running(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Journal.open() as running:
            running.append("started", {"routine": "Back", "exercises": []}, 0)
            assert running.flush()
            assert coach("history") == 0
        assert "3 sessions" in capsys.readouterr().out

    def test_a_damaged_journal_is_one_line(
        self, journal: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        journal.write_bytes(b"no database" * 1000)
        for command in (["history"], ["history", "--json"], ["report"]):
            assert coach(*command) == 2
            assert "is damaged" in capsys.readouterr().err


@pytest.mark.usefixtures("two")
class TestForPrograms:
    """JSON, CSV, and every event."""

    def test_json_is_complete(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told["totals"]["sessions"] == 2
        assert told["sessions"][1] == {
            "number": 2,
            "routine": "Gentle stretch",
            "began": "2025-07-02T09:05:00+02:00",
            "seconds": 276.0,
            "planned": 3,
            "done": ["Cat stretch"],
            "skipped": ["Cobra"],
            "hurt": ["Bridge"],
            "pain_before": 6,
            "pain_after": None,
            "ending": "stopped",
            "question": "",
            "work": [
                {"exercise": "Cat stretch", "prescribed": "", "repetitions": 1, "level": ""},
                {"exercise": "Bridge", "prescribed": "", "repetitions": 1, "level": ""},
                {"exercise": "Cobra", "prescribed": "", "repetitions": 1, "level": ""},
            ],
        }

    def test_csv_is_complete(self, capsys: pytest.CaptureFixture[str]) -> None:
        keep(local_now(), 1, 'Say "Aah", slowly')
        assert coach("history", "--csv") == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert rows[0] == {
            "number": "1",
            "routine": "Back",
            "began": "2025-07-01T18:30:00+02:00",
            "seconds": "900.0",
            "planned": "3",
            "done": "Cat stretch; Bridge; Cobra",
            "skipped": "",
            "hurt": "",
            "pain_before": "6",
            "pain_after": "2",
            "ending": "finished",
            "question": "",
            "work": "Cat stretch: 1; Bridge: 1; Cobra: 1",
        }
        assert rows[1]["pain_after"] == ""
        assert rows[2]["routine"] == 'Say "Aah", slowly'

    @pytest.mark.parametrize("form", ["--json", "--csv"])
    def test_limit_keeps_the_last(self, form: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", form, "--limit", "1") == 0
        shown = capsys.readouterr().out
        assert "2025-07-02T09:05:00" in shown
        assert "2025-07-01" not in shown

    def test_export_to_a_file_and_to_the_screen(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "export", "events.jsonl") == 0
        events = list(export_events())
        assert capsys.readouterr().out == f"Written: events.jsonl ({len(events)} events)\n"
        written = (tmp_path / "events.jsonl").read_text(encoding="utf-8")
        assert [json.loads(line) for line in written.splitlines()] == events
        assert coach("history", "export", "-") == 0
        assert capsys.readouterr().out == written

    def test_only_one_form_at_a_time(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "--json", "--csv") == 2
        assert "Give one of them" in capsys.readouterr().err


@pytest.mark.usefixtures("two")
class TestFiles:
    """Charts, the report, copies: whole, or not there."""

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "begins"), [("a.png", b"\x89PNG"), ("b.SVG", b"<?xml"), ("c.pdf", b"%PDF-")]
    )
    def test_plot(
        self, name: str, begins: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "--plot", name) == 0
        assert capsys.readouterr().out == f"Written: {name}\n"
        assert (tmp_path / name).read_bytes().startswith(begins)

    @pytest.mark.parametrize("name", ["chart.bmp", "chart", "png", ".png"])
    def test_other_endings_name_those_that_can_be_written(
        self, name: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "--plot", name) == 2
        said = capsys.readouterr().err
        assert (
            said == f"voice-coach: {name}: a chart is a .png, .svg or .pdf file. "
            "Give a name that ends so.\n"
        )

    @pytest.mark.slow
    def test_report(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("report", "--out", "mine.html") == 0
        assert capsys.readouterr().out == "Written: mine.html\n"
        text = (tmp_path / "mine.html").read_text(encoding="utf-8")
        assert text.startswith("<!DOCTYPE html>")
        assert "Gentle stretch" in text
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine.html"]

    @pytest.mark.parametrize(
        ("name", "endings"),
        [
            ("r.pdf", "a report is a .html file"),
            ("r", "a report is a .html file"),
            ("x.txt", "an export is a .jsonl or .csv file"),
        ],
    )
    def test_what_a_name_promises_is_what_is_written(
        self, name: str, endings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = ("report", "--out") if "report" in endings else ("history", "export")
        assert coach(*command, name) == 2
        said = capsys.readouterr().err
        hint = " A browser prints it as a PDF (Ctrl-P)." if "report" in endings else ""
        assert said == f"voice-coach: {name}: {endings}. Give a name that ends so.{hint}\n"
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    def test_export_of_sessions_for_a_spreadsheet(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "export", "all.csv") == 0
        assert capsys.readouterr().out == "Written: all.csv (2 sessions)\n"
        assert coach("history", "--csv") == 0
        written = (tmp_path / "all.csv").read_text(encoding="utf-8")
        assert written == capsys.readouterr().out

    @pytest.mark.parametrize(
        "command",
        [
            ("report", "--out", "x.html"),
            ("history", "export", "x.jsonl"),
            ("history", "export", "x.csv"),
            ("history", "backup", "x.sqlite3"),
            ("history", "--plot", "x.svg"),
        ],
    )
    def test_what_is_there_is_replaced_only_by_force(
        self, command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        there = tmp_path / command[-1]
        there.write_text("mine", encoding="utf-8")
        assert coach(*command) == 2
        assert capsys.readouterr().err == (
            f"voice-coach: {there.name} is there already. "
            "Give another name, or --force to replace it.\n"
        )
        assert there.read_text(encoding="utf-8") == "mine"
        assert coach(*command, "--force") == 0
        assert there.read_bytes() != b"mine"

    @pytest.mark.parametrize(
        ("place", "why"),
        [
            ("nowhere/x", "No such file or directory"),
            (".", "Is a directory"),
            ("/dev/full", "the disk is full"),
            ("/proc/x", "No such file or directory"),
            ("long" * 70, "File name too long"),
        ],
    )
    def test_where_nothing_can_be_written_is_one_line(
        self, place: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for command, ending in ((["report", "--out"], ".html"), (["history", "export"], ".csv")):
            file = place if place in {".", "/dev/full"} else f"{place}{ending}"
            assert coach(*command, file) == 2
            said = capsys.readouterr()
            assert f"Cannot write {file}: {why}. Choose another place for it." in said.err
            assert (said.err.count("\n"), said.out) == (1, "")
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    def test_a_copy_is_a_journal(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "backup", "copy.sqlite3") == 0
        assert capsys.readouterr().out == (
            "Written: copy.sqlite3\nvoice-coach history restore copy.sqlite3 brings it back.\n"
        )
        assert read_sessions(tmp_path / "copy.sqlite3") == read_sessions()

    def test_what_fails_half_way_leaves_what_was_there(self, tmp_path: Path) -> None:
        old = tmp_path / "old.html"
        old.write_text("as it was", encoding="utf-8")

        def fail() -> None:
            with whole_file(old, force=True) as file:
                file.write(b"half")
                raise OSError(28, "the disk is full")

        with pytest.raises(OutputError, match="the disk is full"):
            fail()
        assert old.read_text(encoding="utf-8") == "as it was"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "old.html"]

    @pytest.mark.slow
    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
        assert coach("report", "--out", "link.html") == 0
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "real.html").stat().st_size > 10_000


class TestRestore:
    """A copy in the place of the journal."""

    @pytest.fixture(autouse=True)
    def copied(
        self, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> Path:
        """A copy of both sessions, after which a third was held."""
        request.getfixturevalue("two")
        assert coach("history", "backup", "copy.sqlite3") == 0
        keep(local_now(), 1)
        capsys.readouterr()
        return tmp_path / "copy.sqlite3"

    @pytest.mark.parametrize(("answer", "left"), [("y\n", 2), ("n\n", 3), ("\n", 3)])
    def test_asks_where_sessions_would_be_lost(
        self,
        answer: str,
        left: int,
        journal: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert coach("history", "restore", "copy.sqlite3") == 0
        said = capsys.readouterr().out
        assert f"Replace 3 sessions in {journal} by 2 sessions of copy.sqlite3?" in said
        assert ("Nothing was replaced." in said) is (left == 3)
        assert len(read_sessions()) == left

    def test_without_anybody_to_ask_nothing_is_replaced(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        assert coach("history", "restore", "copy.sqlite3") == 2
        assert "Nothing was replaced. Answer the question" in capsys.readouterr().err
        assert len(read_sessions()) == 3

    def test_a_journal_that_is_gone_comes_back_unasked(
        self, copied: Path, journal: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "delete", "--yes") == 0
        capsys.readouterr()
        assert coach("history", "restore", "copy.sqlite3") == 0
        assert capsys.readouterr().out == f"Restored: 2 sessions in {journal}\n"
        assert read_sessions() == read_sessions(copied)

    def test_sessions_go_on_where_the_copy_ends(self) -> None:
        with Journal.open(threaded=True) as cut_off:  # its last events may be in a log
            cut_off.append("started", {"routine": "Back", "exercises": []}, 0)
            cut_off.flush()
        assert coach("history", "restore", "copy.sqlite3", "--yes") == 0
        keep(local_now(), 2, "Gentle stretch")
        assert [(s.number, s.routine) for s in read_sessions()] == [
            (1, "Back"),
            (2, "Gentle stretch"),
            (3, "Gentle stretch"),
        ]

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            ("gone.sqlite3", None, "there is no such file"),
            ("text.sqlite3", b"no journal" * 1000, "is damaged"),
            ("empty.sqlite3", b"", "is damaged"),
        ],
    )
    def test_what_is_no_copy_leaves_everything(
        self,
        name: str,
        content: bytes | None,
        why: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert coach("history", "restore", name, "--yes") == 2
        said = capsys.readouterr().err
        assert (why in said, said.count("\n")) == (True, 1)
        assert len(read_sessions()) == 3

    def test_half_a_copy_leaves_everything(
        self, copied: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        whole = copied.read_bytes()
        copied.write_bytes(whole[: len(whole) // 2])
        assert coach("history", "restore", "copy.sqlite3", "--yes") == 2
        assert "is damaged" in capsys.readouterr().err
        assert len(read_sessions()) == 3

    def test_not_the_journal_itself_nor_while_a_coach_holds_it(
        self, journal: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert coach("history", "restore", str(journal), "--yes") == 2
        assert "is the journal itself" in capsys.readouterr().err
        with Journal.open():
            assert coach("history", "restore", "copy.sqlite3", "--yes") == 2
        assert f"holds the journal {journal}" in capsys.readouterr().err
        assert len(read_sessions()) == 3


@pytest.mark.usefixtures("two")
class TestDelete:
    """For good, and never unasked."""

    @pytest.mark.parametrize(("answer", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
    def test_asks(
        self,
        answer: str,
        gone: bool,
        journal: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert coach("history", "delete") == 0
        said = capsys.readouterr().out
        assert f"Delete 2 sessions in {journal} for good?" in said
        assert ("Nothing was deleted." in said) is not gone
        assert len(read_sessions()) == (0 if gone else 2)

    def test_without_anybody_to_ask_nothing_is_deleted(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        assert coach("history", "delete") == 2
        assert "Nothing was deleted. Answer the question, or give --yes." in capsys.readouterr().err
        assert len(read_sessions()) == 2

    def test_says_what_it_deleted(self, journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert coach("history", "delete", "--yes") == 0
        assert capsys.readouterr().out == f"Deleted 2 sessions: {journal}\n"
        assert list(journal.parent.iterdir()) == []

    def test_a_journal_that_cannot_be_read_can_be_deleted(
        self, journal: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        journal.write_bytes(b"no database" * 1000)
        assert coach("history", "delete", "--yes") == 0
        assert "Deleted a journal that cannot be read: " in capsys.readouterr().out
        assert not journal.exists()

    def test_not_while_a_coach_holds_it(
        self, journal: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Journal.open():
            assert coach("history", "delete", "--yes") == 2
        assert f"holds the journal {journal}" in capsys.readouterr().err
        assert len(read_sessions()) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("arguments", "loaded"), [(["history"], False), (["report", "--out", "r.html"], True)]
)
def test_charts_are_loaded_only_by_what_draws(arguments: list[str], loaded: bool) -> None:
    program = f"print(coach(*{arguments!r}), 'voice_coach.history.charts' in sys.modules)"
    assert elsewhere(program).splitlines()[-1] == f"0 {loaded}"


@pytest.mark.slow
@pytest.mark.usefixtures("two")
def test_a_pipe_is_written_to_and_not_replaced() -> None:
    text = elsewhere("coach('report', '--out', '/dev/stdout')")
    assert text.startswith("<!DOCTYPE html>")
    assert text.endswith("</html>\nWritten: /dev/stdout\n")


def elsewhere(program: str) -> str:
    """Run `program` in another process; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; from tests.cli.test_history import coach; {program}"],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.slow
def test_a_report_leaves_nothing_outside_the_coachs_folders(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with Journal.open() as journal:
        journal.append("started", {"routine": "Gentle stretch", "exercises": ["Neck"]}, 0)
        journal.append("finished", {}, to_samples(60))
    subprocess.run(
        [
            Path(sys.executable).with_name("voice-coach"),
            "report",
            "--out",
            tmp_path / "report.html",
        ],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "VOICE_COACH_JOURNAL": os.environ["VOICE_COACH_JOURNAL"],
        },
        timeout=60,
        check=True,
    )
    assert [path for path in home.rglob("*") if path.is_file()] == []
