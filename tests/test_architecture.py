"""Which part of `tuner` may import which, and which parts alone may import a package.

A part is a module or a package directly in `tuner/`. A new one needs a line in the table.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tuner

HOUSE = Path(tuner.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))

SETTINGS = {"errors", "metrics", "network", "serialization", "settings"}
FOUNDATION = SETTINGS | {"files", "randomness", "records"}
TRAINING = FOUNDATION | {"data", "trainers"}
DRIVING = TRAINING | {"strategies"}
STORING = DRIVING | {"environment", "stats", "storage", "training"}
STUDYING = STORING | {"execution", "tasks"}
FINISHING = STUDYING | {"inspection", "study"}
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "durations": {"errors"},
    "progress": set(),
    "files": {"errors"},
    "folders": {"errors", "files", "storage"},
    "stats": set(),
    "randomness": set(),
    "serialization": {"errors"},
    "network": {"errors", "randomness"},
    "settings": {"errors", "metrics", "network", "serialization"},
    "metrics": {"network", "randomness", "stats"},
    "records": SETTINGS - {"network"} | {"stats"},
    "strategies": SETTINGS - {"network"} | {"records"},
    "report": SETTINGS - {"network"} | {"files", "stats", "records"},
    "data": FOUNDATION,
    "environment": FOUNDATION | {"network"},
    "trainers": FOUNDATION | {"data"},
    "tasks": SETTINGS | {"records"},
    "training": DRIVING,
    "storage": DRIVING | {"environment", "files", "training"},
    "committees": FOUNDATION | {"data", "storage"},
    "inspection": DRIVING | {"storage"},
    "evaluation": DRIVING | {"storage"},
    "export": FOUNDATION | {"data", "storage"},
    "execution": STORING,
    "study": STUDYING,
    "tuning": FINISHING | {"committees"},
    "estimators": FINISHING | {"durations", "report", "tuning"},
    "article": FINISHING | {"tuning"},
    "results": SETTINGS | {"files", "records", "report", "storage", "study"},
    "arguments": FOUNDATION | {"data", "storage", "trainers", "training"},
    "runs": DRIVING
    | {"arguments", "committees", "environment", "inspection", "storage", "training"},
    "api": FINISHING
    | {"committees", "evaluation"}
    | {"arguments", "article", "durations", "folders", "progress", "report", "results", "runs"}
    | {"tuning"},
}
AT_THE_TOP = {"cli", "__main__", "__init__"}
"""What may import every room, and is imported by none below."""

PACKAGES: dict[str, set[str]] = {
    "optuna": {"study"},
    "matplotlib": {"report"},
    "jinja2": {"report"},
    "typer": {"cli"},
    "rich": {"cli"},
    "onnx": {"export"},
}
"""The rooms that alone import a package."""


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(source: str) -> Iterator[str]:
    """The full names that a source imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(source: str) -> set[str]:
    names = [name.split(".") for name in imported(source)]
    return {parts[1] for parts in names if parts[0] == "tuner" and len(parts) > 1}


def packages_imported(source: str) -> set[str]:
    return {name.split(".")[0] for name in imported(source)}


def module_of(path: Path) -> str:
    parts = path.relative_to(HOUSE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_imported(source: str, known: Iterable[str]) -> set[str]:
    """Return the modules among `known` that a source imports, also inside its functions."""
    every = set(known)
    return {name if name in every else name.rpartition(".")[0] for name in imported(source)} & every


def cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return a cycle of modules, the first named again at its end, or nothing.

    Examples
    --------
    >>> cycle({"a": {"b"}, "b": {"c"}, "c": set()})
    []
    >>> sorted(set(cycle({"a": {"b"}, "b": {"a"}})))
    ['a', 'b']
    """
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def forbidden_rooms(room: str, source: str) -> set[str]:
    return set() if room in AT_THE_TOP else rooms_imported(source) - ROOMS[room] - {room}


def forbidden_packages(room: str, source: str) -> set[str]:
    return {p for p in packages_imported(source) if room not in PACKAGES.get(p, {room})}


def name_of(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_follow_the_arrows(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert room_of(path) in ROOMS.keys() | AT_THE_TOP, "a new room: add it to the table"
    assert forbidden_rooms(room_of(path), source) == set()
    assert forbidden_packages(room_of(path), source) == set()
    assert not any(name.startswith(".") for name in imported(source)), "imports are absolute"


@pytest.mark.parametrize("path", sorted((HOUSE / "report" / "frames").glob("*.py")), ids=name_of)
def test_frames_know_nothing_of_charts_and_pages(path: Path) -> None:
    later = ("tuner.report.charts", "tuner.report.pages", "tuner.report.document", "matplotlib")
    assert [name for name in imported(path.read_text("utf-8")) if name.startswith(later)] == []


def test_no_two_modules_import_each_other() -> None:
    modules = {module_of(path): path for path in FILES}
    del modules["tuner"]  # it looks every public name up when it is first asked for
    graph = {
        name: modules_imported(path.read_text(encoding="utf-8"), modules) - {name}
        for name, path in modules.items()
    }
    assert cycle(graph) == []


def test_an_import_inside_a_function_counts() -> None:
    known = ["tuner.a", "tuner.b", "tuner.b.c"]
    source = "from tuner.b import c, name\ndef f():\n    import tuner.a"
    assert modules_imported(source, known) == {"tuner.a", "tuner.b", "tuner.b.c"}


def test_the_table_itself_has_no_cycle() -> None:
    seen: set[str] = set()
    while ready := {room for room, allowed in ROOMS.items() if allowed <= seen} - seen:
        seen |= ready
    assert seen == ROOMS.keys()


@pytest.mark.parametrize(
    ("room", "source", "rooms", "packages"),
    [
        ("strategies", "from tuner.records import Run", set(), set()),
        ("strategies", "from tuner.strategies.verdicts import judge", set(), set()),
        ("strategies", "import tuner.trainers.base", {"trainers"}, set()),
        ("strategies", "from tuner import network, records", {"network"}, set()),
        ("strategies", "def f():\n    from tuner.data import load", {"data"}, set()),
        ("trainers", "from optuna import Study", set(), {"optuna"}),
        ("study", "import optuna.samplers as samplers", set(), set()),
        ("data", "import matplotlib.pyplot", set(), {"matplotlib"}),
        ("records", "from tuner.cli.main import main", {"cli"}, set()),
        ("cli", "from tuner.training.eta_finder import find_eta\nimport typer", set(), set()),
    ],
)
def test_the_checks_see_what_they_look_for(
    room: str, source: str, rooms: set[str], packages: set[str]
) -> None:
    assert forbidden_rooms(room, source) == rooms
    assert forbidden_packages(room, source) == packages
