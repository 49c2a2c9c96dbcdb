import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_study_figures import EVERY, ODD
from tests.support.report.pages import Reader
from tests.support.report.studies import SMALL, SPEC, large, study, trial
from tuner.errors import InputError, OutputError
from tuner.records import StudyRecord
from tuner.report import ReportFiles, load_stored, stored_json, write_study

NASTY = "<script>alert(1)</script> </style> \"'&amp; {{ 7*7 }} \u2028 手写数字数据集"
EVERY_DIMENSION = (
    "lambda", "hidden", "layers", "dropout", "batch_size", "activation", "cost", "init",
    "regularization", "eta", "schedule", "patience", "factor",
)  # fmt: skip

only_text = pytest.mark.usefixtures("blank_figures")


def page(record: StudyRecord, folder: Path) -> str:
    return write_study(record, folder).html.read_text("utf-8")


def test_writes_the_page_and_its_figures(tmp_path: Path) -> None:
    files = write_study(SMALL, tmp_path / "new")
    names = ["map", "importance", "lambda", "hidden", "history", "curves"]
    assert files == ReportFiles(
        tmp_path / "new" / "study.html",
        tuple(tmp_path / "new" / f"study-{name}.png" for name in names),
    )
    assert sorted(files.html.parent.iterdir()) == sorted([files.html, *files.figures])


def test_rebuilt_from_the_same_record_byte_for_byte(tmp_path: Path) -> None:
    one, two = (write_study(EVERY["rich"], tmp_path / name) for name in "ab")
    assert one.html.read_bytes() == two.html.read_bytes()
    for a, b in zip(one.figures, two.figures, strict=True):
        assert a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize(
    "names", [pytest.param(("lambda", "hidden"), marks=pytest.mark.long), EVERY_DIMENSION]
)
def test_500_trials_of_100_epochs_stay_under_two_megabytes(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    files = write_study(large(500, 100, 3, names), tmp_path)
    html = files.html.read_text("utf-8")
    assert files.html.stat().st_size < 2_000_000
    reader = Reader(html)
    assert "study-trials.csv" in reader.downloads()
    assert len(re.findall(r"<tr>", html.split('id="trials"')[1])) >= 501
    assert ("Not drawn, so that the page stays small" in reader.text) == (len(names) > 2)


@only_text
def test_verdict_warnings_evidence_and_provenance_in_order(tmp_path: Path) -> None:
    text = Reader(page(SMALL, tmp_path)).text
    places = [
        text.index(part)
        for part in (
            "Validation accuracy 96.00 %",
            "no clear difference",
            "W302",
            "The best trials",
            "Figure 1.",
            "Figure 6.",
            "How η was found",
            "All trials",
            "study-trials.csv",
            "Provenance",
            "0.01 to 100, log-uniform",
            "15, 30, 100, 30,20",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("record", EVERY.values(), ids=EVERY)
def test_every_study_has_a_page(record: StudyRecord, tmp_path: Path) -> None:
    html = page(record, tmp_path)
    text = Reader(html).text.lower()
    assert not re.search(r"\bnan\b|\binf\b|not finite", text)
    assert all(len(str(image["alt"])) > 40 for image in Reader(html).all("img"))


@only_text
def test_downloads_give_back_the_record(tmp_path: Path) -> None:
    record = SMALL
    html = page(record, tmp_path / "a")
    content = Reader(html).downloads()
    assert list(content) == ["study-trials.csv", "records.json", "study-curves.csv"]
    assert content["study-trials.csv"].startswith(b"number,outcome,accuracy,low,high,seeds,params_")
    (tmp_path / "records.json").write_bytes(content["records.json"])
    stored = load_stored(tmp_path / "records.json")
    assert isinstance(stored, StudyRecord)
    assert stored_json(stored) == content["records.json"]
    assert page(stored, tmp_path / "b") == html


@only_text
def test_hostile_and_foreign_names_appear_as_text(tmp_path: Path) -> None:
    choices = {"choices": [NASTY, *ODD]}
    spec = {
        **SPEC,
        "title": NASTY,
        "name": NASTY,
        "search": {NASTY: choices},
        "data": {"source": NASTY},
    }
    trials = [trial(k, params={NASTY: word}) for k, word in enumerate([NASTY, *ODD])]
    record = study(
        *trials,
        spec=spec,
        command=NASTY,
        data=replace(SMALL.data, name=NASTY),
        importances={NASTY: 1.0},
    )
    files = write_study(record, tmp_path)
    html = files.html.read_text("utf-8")
    reader = Reader(html)
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert reader.text.count(NASTY) >= 8
    assert "<script>alert" not in html
    assert not any("onerror" in str(attributes) for _, attributes in reader.tags)
    assert {path.name for path in tmp_path.iterdir()} == {
        "study.html", "study-importance.png", "study-dimension-1.png", "study-history.png",
        "study-curves.png",
    }  # fmt: skip


@only_text
def test_page_is_well_formed(tmp_path: Path) -> None:
    reader = Reader(page(EVERY["rich"], tmp_path))
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = [str(a["aria-labelledby"]) for _, a in reader.tags if "aria-labelledby" in a]
    assert set(labelled) <= set(ids)


@only_text
def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("here")
    with pytest.raises(OutputError, match="choose another path"):
        write_study(SMALL, taken / "below")


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("result", "objectives", value=[]), r"result\.objectives: .* at least 1 item"),
        (put("result", "trials", 1, "number", value=0), "trials must be in the order of their"),
        (put("result", "trials", 0, "state", value="running"), r"trials\.0\.state: .* 'complete'"),
        (put("result", "trials", 0, "values", value=[]), "values of trial 0 must be 1, one for"),
        (put("result", "trials", 0, "values", value=[2.0]), "values of trial 0 .* from 0 to 1"),
        (
            put("result", "trials", 0, "rungs", "8", value=-1.0),
            "rungs of trial 0 must be from 0 to 1",
        ),
        (put("result", "trials", 0, "curves", value=[3]), r"trials\.0\.curves\.0"),
        (put("result", "trials", 0, "epochs", value=["x"]), r"trials\.0\.epochs\.0"),
        (put("result", "trials", 0, "params", value=[]), "params"),
        (put("complete", value=None), "complete"),
    ],
)
def test_a_broken_study_is_one_line(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    document = json.loads(stored_json(SMALL))
    assert document["kind"] == "study"
    change(document)
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=message) as caught:
        load_stored(path)
    assert "\n" not in str(caught.value)
