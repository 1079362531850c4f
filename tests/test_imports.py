"""No test module imports another one: what two need stands in tests/tools or benchmarks/rig."""

import ast
from collections.abc import Iterator

from tests import CHECKOUT

TESTS = CHECKOUT / "tests"


def imported(source: str) -> Iterator[str]:
    """Yield each name that a module imports, as module.name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def borrowed(source: str) -> list[str]:
    """Return what a module imports from tests and fixtures that are meant for pytest alone."""
    return [
        name
        for name in imported(source)
        if name.startswith("tests.")
        and any(part == "conftest" or part.startswith("test_") for part in name.split("."))
    ]


def test_no_test_module_imports_another() -> None:
    modules = sorted(TESTS.rglob("*.py"))
    assert len(modules) > 50
    found = {str(path.relative_to(TESTS)): borrowed(path.read_text("utf-8")) for path in modules}
    assert {path: names for path, names in found.items() if names} == {}


def test_every_way_to_import_one_is_found() -> None:
    source = (
        "import tests.web.test_run\nfrom tests.web import test_run\n"
        "from tests.web.conftest import serve\nfrom tests.tools.page_server import serve\n"
    )
    assert borrowed(source) == [
        "tests.web.test_run",
        "tests.web.test_run",
        "tests.web.conftest.serve",
    ]
