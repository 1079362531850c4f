"""Names in the code: what a test module may import, and that a public type has one place alone."""

import ast
import re
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


def test_a_public_type_has_a_name_of_its_own() -> None:
    """One name, one thing: whoever looks one up finds one place."""
    places: dict[str, list[str]] = {}
    for path in sorted((CHECKOUT / "voice_coach").rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            named = _defined(node)
            if named and re.fullmatch(r"[A-Z][a-z]\w*", named):
                places.setdefault(named, []).append(str(path.relative_to(CHECKOUT)))
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def _defined(node: ast.stmt) -> str | None:
    """Return the name of a class or of an alias."""
    match node:
        case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None
