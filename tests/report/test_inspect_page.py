"""A look into a network as a part of the page of its run."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.report.inspections import inspection_of
from tests.support.report.pages import Reader
from tests.support.report.runs import LONG
from tuner.errors import InputError
from tuner.records import EtaSearch, Inspection, TrainRecord
from tuner.report import load_stored, stored_json, write_train
from tuner.report.checks.training import train_warnings
from tuner.report.summaries.inspection import confusion_words

DIGITS = tuple("0123456789")
SEEN = inspection_of()

only_text = pytest.mark.usefixtures("blank_figures")


def named(classes: int) -> tuple[str, ...]:
    return tuple(f"kind {k}" for k in range(classes))


def looked_into(record: TrainRecord, seen: Inspection) -> TrainRecord:
    classes = named(len(seen.training_counts))
    return replace(record, data=replace(record.data, classes=classes), inspection=seen)


def read(record: TrainRecord, folder: Path) -> Reader:
    return Reader(write_train(record, folder).html.read_text("utf-8"))


@only_text
def test_the_page_shows_what_is_confused(train_record: TrainRecord, tmp_path: Path) -> None:
    files = write_train(looked_into(train_record, SEEN), tmp_path)
    assert [path.stem for path in files.figures] == [
        *("train-curves", "train-overfitting", "train-confusion", "train-mistakes"),
        "train-weights",
    ]
    reader = Reader(files.html.read_text("utf-8"))
    for part in ("Figure 3. Confusion matrix", "taken for kind", "Hardest is class kind"):
        assert part in reader.text
    assert all(len(str(image["alt"])) > 40 for image in reader.all("img"))
    csv = reader.downloads()["confusion.csv"].decode().splitlines()
    assert csv[0] == "label,prediction,count,share"
    assert len(csv) == 1 + len(SEEN.confusion)


@only_text
def test_figures_of_the_search_are_numbered_after_it(
    train_record: TrainRecord, search: EtaSearch, tmp_path: Path
) -> None:
    record = replace(looked_into(train_record, SEEN), eta_search=search)
    numbers = re.findall(r"Figure (\d+)\.", read(record, tmp_path).text)
    assert numbers == [str(k) for k in range(1, 8)]


@only_text
@pytest.mark.parametrize("classes", [2, 20, 21, 100])
def test_few_and_many_classes(train_record: TrainRecord, classes: int, tmp_path: Path) -> None:
    text = read(looked_into(train_record, inspection_of(classes)), tmp_path).text
    matrix = "Validation examples by label and prediction" in text
    assert matrix == (classes <= 20)
    assert ("The most frequent mistakes" in text) == (classes > 20)


@only_text
def test_without_images_there_are_none(train_record: TrainRecord, tmp_path: Path) -> None:
    files = write_train(looked_into(train_record, inspection_of(3, images=False)), tmp_path)
    assert "train-mistakes" not in {path.stem for path in files.figures}


@only_text
def test_nothing_wrong(train_record: TrainRecord, tmp_path: Path) -> None:
    seen = replace(
        SEEN, mistakes=(), confusion=tuple(each for each in SEEN.confusion if each[0] == each[1])
    )
    text = read(looked_into(train_record, seen), tmp_path).text
    assert "All 400 validation examples are right." in text
    assert "Misclassified images" not in text


def test_words_name_the_most_frequent_first() -> None:
    seen = replace(SEEN, confusion=((0, 0, 5), (3, 3, 4), (3, 5, 2), (4, 9, 7), (9, 9, 1)))
    first, second = confusion_words(seen, DIGITS)
    assert first == (
        "9 of 19 validation examples are wrong. Most often: 4 taken for 9 (7×) and 3 taken for 5"
        " (2×)."
    )
    assert second.startswith("Hardest is class 4: 0.0 % of 7 examples right. Over all examples")


def test_imbalanced_classes_are_warned_of(train_record: TrainRecord) -> None:
    seen = inspection_of(4, imbalanced=True)
    warned = [c for c in train_warnings(looked_into(train_record, seen)) if c.code == "W209"]
    assert len(warned) == 1
    assert "The training part holds 900 examples of kind 0 and 90 of kind 1" in warned[0].text
    assert "balanced accuracy" in warned[0].text
    codes = [c.code for c in train_warnings(looked_into(train_record, SEEN))]
    assert "W209" not in codes


@only_text
def test_older_records_have_no_such_part(train_record: TrainRecord, tmp_path: Path) -> None:
    document = json.loads(stored_json(train_record))
    del document["inspection"]
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    old = load_stored(path)
    assert old == train_record
    assert "What it gets wrong" not in read(train_record, tmp_path).text


def test_byte_for_byte_after_a_round_trip(train_record: TrainRecord, tmp_path: Path) -> None:
    record = looked_into(train_record, SEEN)
    path = tmp_path / "records.json"
    path.write_bytes(stored_json(record))
    again = load_stored(path)
    assert isinstance(again, TrainRecord)
    one, two = write_train(record, tmp_path / "a"), write_train(again, tmp_path / "b")
    assert one.html.read_bytes() == two.html.read_bytes()
    for a, b in zip(one.figures, two.figures, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_stays_under_two_megabytes(
    train_record: TrainRecord, search: EtaSearch, tmp_path: Path
) -> None:
    record = replace(looked_into(train_record, inspection_of(100)), eta_search=search, result=LONG)
    assert write_train(record, tmp_path).html.stat().st_size < 2_000_000


@only_text
def test_hostile_class_names_are_text(train_record: TrainRecord, tmp_path: Path) -> None:
    names = ("<script>alert(1)</script>", "</style>", *named(8))
    record = replace(train_record, data=replace(train_record.data, classes=names), inspection=SEEN)
    reader = read(record, tmp_path)
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert "<script>alert(1)</script>" in reader.text


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in ("inspection", *path[:-1]):
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("training_counts", value=[1]), "classes must be below 1, of training_counts"),
        (put("confusion", 0, value=[0, 10, 1]), "classes must be below 10"),
        (put("confusion", 0, value=[0, 0, 0]), r"confusion\.0\.2: .* greater than 0"),
        (put("confusion", value=[]), r"confusion: .* at least 1 item"),
        (put("mistakes", 2, "label", value=-1), r"mistakes\.2\.label: .* equal to 0"),
        (put("mistakes", 1, "pixels", value="AAAA"), "pixels of a mistake must be 48 bytes"),
        (put("mistakes", 1, "pixels", value="%"), "pixels of a mistake must be 48 bytes"),
        (put("image_size", value=None), "pixels of a mistake must be 0 bytes"),
        (put("layers", 0, "width", value=0), r"layers\.0\.width: .* greater than 0"),
        (put("layers", 0, "counts", value=[1, 2]), r"layers\.0: .* a histogram around 0"),
        (put("layers", 1, "counts", value=[]), r"layers\.1: .* a histogram around 0"),
        (put("layers", 1, "counts", value=[0, 0, 0]), r"layers\.1: .* a histogram around 0"),
    ],
)
def test_what_contradicts_itself_is_one_line(
    train_record: TrainRecord, change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    document = json.loads(stored_json(looked_into(train_record, SEEN)))
    change(document)
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=message) as caught:
        load_stored(path)
    assert "\n" not in str(caught.value)
