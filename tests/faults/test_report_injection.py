"""Hostile text in every free string of a record stays text on the page, and names no file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.report.comparisons import run_reaching
from tests.support.report.pages import Reader
from tests.support.report.reproductions import reproduction_of
from tests.support.report.studies import DATA, ENVIRONMENT, FOUND, SMALL
from tests.support.report.tunes import tuning
from tests.support.report.visits import NEEDS_CHROMIUM, Visitor
from tuner.errors import InputError
from tuner.records import (
    Choices,
    FindEtaRecord,
    Hyperparameters,
    Strategy,
    StudyRecord,
    TrainRecord,
)
from tuner.report import (
    ReportFiles,
    load_stored,
    stored_json,
    write_comparison,
    write_find_eta,
    write_reproduce,
    write_study,
    write_train,
    write_tune,
)
from tuner.report.stored import StoredRecord

HOSTILE = (
    "</title></textarea></style></script><script>window.pwned=1;alert(1)</script>"
    "<img src=x onerror=window.pwned=1><svg onload=window.pwned=1>"
    "<style>body{display:none}</style><base href='https://example.com/'>"
    "\"' onmouseover=window.pwned=1 style=position:fixed; ]]>--> {{7*7}} {% raw %} ${7*7}"
    " javascript:alert(1) url(//example.com/x) $\\frac{a$ $x_{ \\ ../../../escaped /etc/escaped"
    " \x1b[31m \u202e \u2028 \x00 &lt;b&gt;"
)
"""Ways out of HTML, CSS, scripts, templates, mathtext, terminals and folders, in one name."""

FIND_ETA = FindEtaRecord(
    command="python -m tuner find-eta",
    settings=Hyperparameters(eta=FOUND.eta),
    data=DATA,
    environment=ENVIRONMENT,
    result=FOUND,
)
TRAIN = run_reaching(
    TrainRecord(
        command="python -m tuner train",
        settings=Hyperparameters(eta=0.5),
        strategy=Strategy(epochs=12),
        data=DATA,
        environment=ENVIRONMENT,
        eta_search=None,
        result=tuning(FOUND).model_run,
    ),
    0.9,
    seed=0,
)
TUNE = tuning(FOUND)


def _compare(record: Any, folder: Path) -> ReportFiles:
    other = replace(record, settings=replace(record.settings, lambda_=0.5))
    return write_comparison([record, other], [f"{HOSTILE} one", f"{HOSTILE} two"], folder)


PAGES: dict[str, tuple[StoredRecord, Callable[[Any, Path], ReportFiles]]] = {
    "find-eta": (FIND_ETA, write_find_eta),
    "train": (TRAIN, write_train),
    "study": (SMALL, write_study),
    "tune": (TUNE, write_tune),
    "compare": (TRAIN, _compare),
    "reproduce": (reproduction_of(FIND_ETA), write_reproduce),
}


def strings(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Return the path of each text within a document."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            yield from strings(each, (*path, key))


def put(document: Any, path: tuple[str | int, ...], text: str) -> str:
    """Put a text at a path, and return what stood there."""
    *way, last = path
    for key in way:
        document = document[key]
    before: str = document[last]
    document[last] = text
    return before


def hostile(record: StoredRecord, folder: Path) -> tuple[StoredRecord, int]:
    """Return a record with hostile text wherever one is taken, and in how many places.

    Places that differ in indices alone are tried once.
    """
    document = json.loads(stored_json(record))
    path = folder / "records.json"
    accepted: dict[tuple[str, ...], bool] = {}
    changed = 0
    for place, way in enumerate(list(strings(document))):
        if way in {("kind",), ("data", "sha256")}:
            continue
        kind = tuple("*" if isinstance(key, int) else key for key in way)
        if accepted.get(kind, True):
            before = put(document, way, f"{HOSTILE} {place}")
            if kind not in accepted:
                path.write_text(json.dumps(document))
                accepted[kind] = _loads(path)
            if not accepted[kind]:
                put(document, way, before)
            changed += accepted[kind]
    path.write_text(json.dumps(document))
    return load_stored(path), changed


def _loads(path: Path) -> bool:
    try:
        load_stored(path)
    except InputError:
        return False
    return True


def with_hostile_dimension(record: StudyRecord) -> StudyRecord:
    """Return the study with a dimension and choices of hostile names."""
    names = tuple(f"{HOSTILE} {k}" for k in range(3))
    result = record.result
    trials = tuple(
        replace(each, params={**each.params, HOSTILE: names[place % 3]})
        for place, each in enumerate(result.trials)
    )
    space = {**result.space, HOSTILE: Choices(*names)}
    return replace(record, result=replace(result, space=space, trials=trials))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ReportFiles]:
    """Write a hostile page, once for all tests."""
    done: dict[str, ReportFiles] = {}

    def write(name: str) -> ReportFiles:
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            benign, write_page = PAGES[name]
            record, changed = hostile(benign, folder)
            assert changed > 10
            if isinstance(record, StudyRecord):
                record = with_hostile_dimension(record)
            done[name] = write_page(record, folder / "page")
            inside = {path.name for path in (folder / "page").rglob("*")}
            assert inside == {path.name for path in (done[name].html, *done[name].figures)}
            assert {path.name for path in folder.iterdir()} == {"records.json", "page"}
        return done[name]

    return write


def structure(files: ReportFiles) -> dict[str, int]:
    """Count the elements that could do harm."""
    page = Reader(files.html.read_text("utf-8"))
    harmful = ("script", "style", "base", "iframe", "object", "embed", "form", "link", "meta")
    return {tag: len(page.all(tag)) for tag in harmful}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_adds_nothing_to_a_page_but_text(
    name: str, written: Callable[[str], ReportFiles]
) -> None:
    files = written(name)
    assert structure(files) == {
        "script": 1, "style": 1, "base": 0, "iframe": 0, "object": 0, "embed": 0, "form": 0,
        "link": structure(files)["link"], "meta": structure(files)["meta"],
    }  # fmt: skip
    page = Reader(files.html.read_text("utf-8"))
    assert "window.pwned=1;alert(1)" in page.text
    for tag, attributes in page.tags:
        assert not [each for each in attributes if each.startswith("on")], (tag, attributes)
        assert "style" not in attributes, (tag, attributes)
        for link in ("href", "src", "action"):
            target = attributes.get(link) or "#"
            assert target.startswith(("#", "data:")), (tag, target[:80])


@pytest.mark.parametrize("name", [pytest.param(name, marks=NEEDS_CHROMIUM) for name in PAGES])
def test_hostile_text_does_nothing_in_a_browser(
    name: str, written: Callable[[str], ReportFiles], visit: Visitor
) -> None:
    seen = visit(written(name).html)
    assert seen.flaws(1280) == []
    seen.page.mouse.move(300, 300)
    assert seen.page.evaluate("window.pwned") is None
    assert seen.page.evaluate("getComputedStyle(document.body).display") == "block"
