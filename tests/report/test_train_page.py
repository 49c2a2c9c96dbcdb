import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.report.pages import Reader
from tests.support.report.runs import BROKEN, CALM, CONSTANT, EMPTY, HALVING, LONG, LOST, ONE
from tuner.errors import OutputError
from tuner.records import Calibration, EtaSearch, Reliability, Run, StopReason, TrainRecord
from tuner.report import ReportFiles, load_stored, stored_json, write_train

NASTY = "<script>alert(1)</script> </style> \"'&amp; {{ 7*7 }} 手写数字数据集"

only_text = pytest.mark.usefixtures("blank_figures")


def page(record: TrainRecord, folder: Path) -> str:
    return write_train(record, folder).html.read_text("utf-8")


def test_writes_the_page_and_its_figures(train_record: TrainRecord, tmp_path: Path) -> None:
    files = write_train(train_record, tmp_path / "new")
    assert files == ReportFiles(
        tmp_path / "new" / "train.html",
        tuple(tmp_path / "new" / f"train-{name}.png" for name in ("curves", "overfitting")),
    )
    assert sorted(files.html.parent.iterdir()) == sorted([files.html, *files.figures])
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.figures)


def test_rebuilt_from_the_same_record_byte_for_byte(
    train_record: TrainRecord, search: EtaSearch, tmp_path: Path
) -> None:
    record = replace(train_record, eta_search=search)
    one, two = (write_train(record, tmp_path / name) for name in "ab")
    assert one.html.read_bytes() == two.html.read_bytes()
    for a, b in zip(one.figures, two.figures, strict=True):
        assert a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize("result", [None, LONG], ids=["400 epochs", "5000 epochs"])
def test_stays_under_two_megabytes(
    train_record: TrainRecord, search: EtaSearch, result: Run | None, tmp_path: Path
) -> None:
    run = result or train_record.result
    html = write_train(replace(train_record, eta_search=search, result=run), tmp_path).html
    assert html.stat().st_size < 2_000_000


def test_the_page_shows_how_right_the_probabilities_are(
    train_record: TrainRecord, tmp_path: Path
) -> None:
    before = Reliability(
        examples=(0, 8, 2), confidence=(0, 0.6, 1), right=(0, 0.5, 0.5), log_loss=1
    )
    after = replace(before, confidence=(0, 0.5, 0.9), log_loss=0.5)
    found = Calibration(temperature=1.75, before=before, after=after)
    record = replace(train_record, calibration=found)
    files = write_train(record, tmp_path)
    assert "train-reliability.png" in [path.name for path in files.figures]
    text = Reader(files.html.read_text("utf-8")).text
    assert "goes from 18.00 points to 8.00 points, log-loss from 1 to 0.5" in text


@only_text
def test_a_table_that_leaves_epochs_out_says_so(train_record: TrainRecord, tmp_path: Path) -> None:
    text = Reader(page(replace(train_record, result=LONG), tmp_path)).text
    assert re.search(r"The epochs of the run \(\d+ of 5000; all in records.json\)", text)


@only_text
def test_verdict_stands_first_then_signs_then_evidence(
    train_record: TrainRecord, tmp_path: Path
) -> None:
    text = Reader(page(train_record, tmp_path)).text
    places = [
        text.index(part)
        for part in (
            "Validation accuracy ",
            "Training stopped after 400 epochs",
            "not for other seeds",
            "W203",
            "Signs of overfitting",
            "What to try:",
            "Figure 1.",
            "Provenance",
        )
    ]
    assert places == sorted(places)
    assert "How η was found" not in text


@only_text
def test_says_so_when_nothing_speaks_against_the_run(
    train_record: TrainRecord, tmp_path: Path
) -> None:
    text = Reader(page(replace(train_record, result=CALM), tmp_path)).text
    assert "No sign of overfitting and none of underfitting." in text


@only_text
def test_the_evidence_of_the_eta_search_appears_too(
    train_record: TrainRecord, search: EtaSearch, tmp_path: Path
) -> None:
    files = write_train(replace(train_record, eta_search=search), tmp_path)
    reader = Reader(files.html.read_text("utf-8"))
    assert [path.name for path in files.figures] == [
        "train-curves.png",
        "train-overfitting.png",
        "find-eta-costs.png",
        "find-eta-final-cost.png",
    ]
    for part in ("How η was found", "Figure 3.", "Figure 4.", "The verdict on each η", "W106"):
        assert part in reader.text
    assert "find-eta-costs.csv" in reader.downloads()


@pytest.mark.parametrize("run", [ONE, CONSTANT, BROKEN, LOST, EMPTY, HALVING])
def test_every_run_has_a_page(train_record: TrainRecord, run: Run, tmp_path: Path) -> None:
    html = page(replace(train_record, result=run), tmp_path)
    bad = run.stop_reason is StopReason.DIVERGED or not run.best_epoch or run is CONSTANT
    assert ('class="verdict bad"' in html) == bad
    assert ">nan" not in html.lower()


@only_text
def test_downloads_give_back_the_record(train_record: TrainRecord, tmp_path: Path) -> None:
    html = page(replace(train_record, result=BROKEN), tmp_path / "a")
    content = Reader(html).downloads()
    assert list(content) == ["train-history.csv", "records.json"]
    assert content["train-history.csv"].startswith(b"epoch,eta,training_cost,")
    assert content["train-history.csv"].count(b"\n") == 6
    (tmp_path / "records.json").write_bytes(content["records.json"])
    stored = load_stored(tmp_path / "records.json")
    assert isinstance(stored, TrainRecord)
    assert stored_json(stored) == content["records.json"]
    assert page(stored, tmp_path / "b") == html


@only_text
def test_provenance_holds_settings_and_strategy(train_record: TrainRecord, tmp_path: Path) -> None:
    reader = Reader(page(train_record, tmp_path))
    pairs = re.findall(
        r"<dt><bdi>(.*?)</bdi></dt><dd><bdi>(.*?)</bdi></dd>", page(train_record, tmp_path)
    )
    assert {("eta", "0.5"), ("patience", "off"), ("schedule", "constant")} <= set(pairs)
    for part in ("Stopping and schedule", train_record.data.sha256, "OpenBLAS 0.3.30, 1 thread"):
        assert part in reader.text


@only_text
def test_hostile_and_foreign_names_appear_as_text(
    train_record: TrainRecord, tmp_path: Path
) -> None:
    data = replace(train_record.data, name=NASTY, classes=(NASTY, "b"))
    result = replace(train_record.result, stop_words=NASTY)
    record = replace(train_record, data=data, command=NASTY, result=result)
    reader = Reader(page(record, tmp_path))
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert reader.text.count(NASTY) == 6
    assert not any("alert" in str(a) for tag, a in reader.tags if tag not in ("a", "img"))


@only_text
def test_page_is_well_formed(train_record: TrainRecord, search: EtaSearch, tmp_path: Path) -> None:
    html = page(replace(train_record, eta_search=search), tmp_path)
    reader = Reader(html)
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(len(str(image["alt"])) > 40 for image in reader.all("img"))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = [str(a["aria-labelledby"]) for _, a in reader.tags if "aria-labelledby" in a]
    assert set(labelled) <= set(ids)
    assert not re.search(r"(?:src|href|srcset)=\"(?!data:)", html)


@only_text
def test_a_folder_that_cannot_be_made_is_one_clear_line(
    train_record: TrainRecord, tmp_path: Path
) -> None:
    taken = tmp_path / "file"
    taken.write_text("here")
    with pytest.raises(OutputError, match="choose another path"):
        write_train(train_record, taken / "below")
