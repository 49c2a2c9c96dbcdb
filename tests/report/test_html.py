import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.report.pages import Reader
from tuner.errors import OutputError
from tuner.records import ADVICE, EtaSearch, FindEtaRecord, Outcome
from tuner.report import ReportFiles, load_stored, stored_json, write_find_eta
from tuner.report.summaries.learning_rate import find_eta_summary

NASTY = "<script>alert(1)</script> </script> \"'&amp; \u2028 </style> {{ 7*7 }} 手写数字数据集" * 3

only_text = pytest.mark.usefixtures("blank_figures")


def page(record: FindEtaRecord, folder: Path) -> str:
    return write_find_eta(record, folder).html.read_text("utf-8")


def test_writes_the_page_and_its_figures(record: FindEtaRecord, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    files = write_find_eta(record, folder)
    assert files == ReportFiles(
        folder / "find-eta.html",
        (folder / "find-eta-costs.png", folder / "find-eta-final-cost.png"),
    )
    assert sorted(folder.iterdir()) == sorted([files.html, *files.figures])
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.figures)


def test_rebuilt_from_the_same_record_byte_for_byte(record: FindEtaRecord, tmp_path: Path) -> None:
    one, two = (write_find_eta(record, tmp_path / name) for name in "ab")
    assert one.html.read_bytes() == two.html.read_bytes()
    for a, b in zip(one.figures, two.figures, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_stays_under_two_megabytes(record: FindEtaRecord, tmp_path: Path) -> None:
    assert write_find_eta(record, tmp_path).html.stat().st_size < 2_000_000


def test_even_a_huge_search_stays_under_two_megabytes(
    record: FindEtaRecord, make_search: Callable[..., EtaSearch], tmp_path: Path
) -> None:
    etas = tuple(1e-8 * 3.2**k for k in range(26))
    huge = replace(record, result=make_search(etas=etas, seeds=tuple(range(120))))
    html = write_find_eta(huge, tmp_path).html
    assert html.stat().st_size < 2_000_000
    text = Reader(html.read_text("utf-8")).text
    assert "largest" in text
    assert "seed 119" not in text
    assert "(the first 20 of 120)" in text
    assert "120, from 0 to 119" in text


@only_text
def test_verdict_stands_first_in_plain_words(record: FindEtaRecord, tmp_path: Path) -> None:
    text = Reader(page(record, tmp_path)).text
    assert text.index("Use η = 0.6667") < text.index("Evidence")
    assert "still decreases at η = 1.333, but no longer at η = 1.778" in text
    for fact in ("84.5 epochs of the data", "12 s", "0, 1 and 2", "0.66675"):
        assert fact in text


@only_text
@pytest.mark.parametrize("outcome", [Outcome.NO_LEARNING, Outcome.NO_UPPER_LIMIT])
def test_says_so_when_nothing_was_found(
    record: FindEtaRecord, outcome: Outcome, tmp_path: Path
) -> None:
    open_end = (None, 0.01) if outcome is Outcome.NO_LEARNING else (1.3335, None)
    result = replace(record.result, outcome=outcome, bracket=open_end)
    html = page(replace(record, result=result), tmp_path)
    text = Reader(html).text
    assert "Use η" not in text
    assert "was found" in text
    assert ADVICE[outcome] in text
    assert 'class="verdict bad"' in html


def test_a_threshold_lowered_afterwards_is_explained(search: EtaSearch) -> None:
    verdict = find_eta_summary(replace(search, threshold=0.5, eta=0.25))
    assert verdict.sentence.endswith("η* was set to 0.5.")


@only_text
def test_every_warning_shows_code_and_advice(record: FindEtaRecord, tmp_path: Path) -> None:
    result = replace(record.result, bracket=(0.1, 1.0), baseline=0.2)
    text = Reader(page(replace(record, result=result), tmp_path)).text
    for code in ("W102", "W105", "W106"):
        assert code in text
    assert "W101" not in text


@only_text
def test_hostile_and_foreign_names_appear_as_text(record: FindEtaRecord, tmp_path: Path) -> None:
    data = replace(record.data, name=NASTY, classes=(NASTY, "b"))
    search = record.result
    first = replace(search.judgements[0], reason=NASTY)
    result = replace(search, judgements=(first, *search.judgements[1:]))
    html = page(replace(record, data=data, command=NASTY, result=result), tmp_path)
    reader = Reader(html)
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert reader.text.count(NASTY) == 5
    assert "<script>alert" not in html


@only_text
def test_a_name_that_is_no_unicode_is_still_written(record: FindEtaRecord, tmp_path: Path) -> None:
    data = replace(record.data, name="caf\udce9")
    assert "caf\\udce9" in page(replace(record, data=data), tmp_path)


@only_text
def test_provenance_is_complete(record: FindEtaRecord, tmp_path: Path) -> None:
    text = Reader(page(record, tmp_path)).text
    for fact in (
        record.command,
        record.data.sha256,
        "mnist-5k",
        "4000",
        "cross-entropy",
        "float32",
        "784 (images of 28 × 28)",
        "0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
        "OpenBLAS 0.3.30, 1 thread",
        "split seed",
        "2.4.6",
        "3.11.2",
    ):
        assert fact in text


@only_text
def test_many_classes_are_abridged(record: FindEtaRecord, tmp_path: Path) -> None:
    data = replace(record.data, classes=tuple(f"c{k}" for k in range(99)))
    text = Reader(page(replace(record, data=data), tmp_path)).text
    assert "c19 … and 79 more" in text


@only_text
def test_downloads_give_back_the_record(record: FindEtaRecord, tmp_path: Path) -> None:
    content = Reader(page(record, tmp_path)).downloads()
    assert list(content) == ["find-eta-verdicts.csv", "find-eta-costs.csv", "records.json"]
    assert content["records.json"] == stored_json(record)
    assert content["find-eta-costs.csv"].startswith(b"eta,seed,epoch,cost\n0.01,0,0.0,")
    assert json.loads(content["records.json"])["settings"]["lambda"] == 5


def test_a_record_that_went_through_json_gives_the_same_report(
    record: FindEtaRecord, tmp_path: Path
) -> None:
    html = page(record, tmp_path / "a")
    (tmp_path / "records.json").write_bytes(Reader(html).downloads()["records.json"])
    stored = load_stored(tmp_path / "records.json")
    assert isinstance(stored, FindEtaRecord)
    assert page(stored, tmp_path / "b") == html


@only_text
def test_page_is_well_formed(record: FindEtaRecord, tmp_path: Path) -> None:
    html = page(record, tmp_path)
    reader = Reader(html)
    assert html.startswith("<!DOCTYPE html>\n<html lang=")
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(len(str(image["alt"])) > 40 for image in reader.all("img"))
    assert not any("style" in attributes for _, attributes in reader.tags)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(reader.all("table")) == 3
    assert not re.search(r"(?:src|href|srcset)=\"(?!data:)", html)
    assert "http://" not in re.sub(r"data:[^\"]*", "", html)


@only_text
def test_a_folder_that_cannot_be_made_is_one_clear_line(
    record: FindEtaRecord, tmp_path: Path
) -> None:
    taken = tmp_path / "file"
    taken.write_text("here")
    with pytest.raises(OutputError, match=r"^.*file.*: cannot be written .*: choose another path"):
        write_find_eta(record, taken / "below")


def test_nothing_is_left_of_a_write_that_failed(
    record: FindEtaRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write_find_eta(record, tmp_path).html.read_bytes()
    written: list[int] = []

    def full(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_find_eta(replace(record, command="other"), tmp_path)
    assert (tmp_path / "find-eta.html").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 3


@only_text
@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2, 3)])
def test_other_numbers_of_seeds(
    record: FindEtaRecord,
    make_search: Callable[..., EtaSearch],
    seeds: tuple[int, ...],
    tmp_path: Path,
) -> None:
    result = make_search(seeds=seeds)
    text = Reader(page(replace(record, result=result), tmp_path)).text
    assert ("W101" in text) == (len(seeds) < 3)
    assert f"seed {seeds[-1]}" in text
