"""The page that compares runs, or studies."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.report.comparisons import names_of, run_reaching, runs_of
from tests.support.report.pages import Reader
from tests.support.report.runs import BROKEN, EMPTY, LOST
from tests.support.report.studies import SPEC, study, trial
from tuner.errors import InputError, OutputError
from tuner.records import FindEtaRecord, Run, StudyRecord, TrainRecord
from tuner.report import ReportFiles, write_comparison

NASTY = "<script>alert(1)</script> </style> \"'&amp; {{ 7*7 }} \u2028 手写数字数据集"

only_text = pytest.mark.usefixtures("blank_figures")


def write(records: Sequence[TrainRecord | StudyRecord], folder: Path) -> ReportFiles:
    return write_comparison(records, names_of(records), folder)


def read(records: Sequence[TrainRecord | StudyRecord], folder: Path) -> Reader:
    return Reader(write(records, folder).html.read_text("utf-8"))


@pytest.fixture(scope="module")
def six(train_record: TrainRecord) -> list[TrainRecord]:
    """Three seeds without and three with regularization."""
    return [
        *runs_of(train_record, (0.90, 0.91, 0.905)),
        *runs_of(train_record, (0.912, 0.921, 0.914), lambda_=5.0),
    ]


def test_writes_the_page_and_its_figures(six: list[TrainRecord], tmp_path: Path) -> None:
    files = write(six, tmp_path / "new")
    assert files.html == tmp_path / "new" / "compare.html"
    assert [path.name for path in files.figures] == [
        f"compare-{name}.png" for name in ("accuracy", "differences", "gap", "weights")
    ]
    assert sorted(files.html.parent.iterdir()) == sorted([files.html, *files.figures])


def test_same_records_same_bytes(six: list[TrainRecord], tmp_path: Path) -> None:
    one, two = (write(six, tmp_path / name) for name in "ab")
    assert one.html.read_bytes() == two.html.read_bytes()
    for a, b in zip(one.figures, two.figures, strict=True):
        assert a.read_bytes() == b.read_bytes()


@only_text
def test_verdict_first_then_results_settings_and_evidence(
    six: list[TrainRecord], tmp_path: Path
) -> None:
    text = read(six, tmp_path).text
    parts = (
        "B (λ 5) is best",
        "over 3 paired seeds",
        "Results",
        "Margin over the others",
        "The settings that differ",
        "Show the settings that are the same for all",
        "Figure 1.",
        "Provenance",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "W4" not in text


@only_text
def test_only_the_settings_that_differ_are_shown_first(
    six: list[TrainRecord], tmp_path: Path
) -> None:
    html = write(six, tmp_path).html.read_text("utf-8")
    table, rest = html.split("The settings that differ</caption>")[1].split("</table>", 1)
    assert [each.strip() for each in re.findall(r"<td>(.*?)</td>", table)] == [
        *("Settings", "lambda", "0", "5"),
    ]
    shared = rest.split("<details>")[1].split("</details>")[0]
    for name in ("batch size", "SHA-256", "OpenBLAS"):
        assert name in shared
    assert "<td>lambda</td>" not in shared


@only_text
def test_each_seed_of_a_group_is_named(six: list[TrainRecord], tmp_path: Path) -> None:
    assert "0, 1, 2" in read(six, tmp_path).text


@only_text
def test_downloads(six: list[TrainRecord], tmp_path: Path) -> None:
    content = read(six, tmp_path).downloads()
    assert list(content) == [
        f"compare-{name}.csv" for name in ("results", "differences", "seeds", "curves")
    ]
    assert content["compare-seeds.csv"].count(b"\n") == 4
    assert content["compare-curves.csv"].count(b"\n") == 1 + 6 * 12


@only_text
def test_other_data_are_said_to_be_so(six: list[TrainRecord], tmp_path: Path) -> None:
    other = replace(six[-1], data=replace(six[-1].data, sha256="f" * 64, name="other"))
    reader = read([*six[:3], other], tmp_path)
    assert "Accuracies on different data are not comparable" in reader.text
    assert "other data: not comparable" in reader.text
    assert "W401" in reader.text


@pytest.mark.parametrize("amount", [1, 2])
def test_one_run_and_identical_runs(train_record: TrainRecord, amount: int, tmp_path: Path) -> None:
    run = run_reaching(train_record, 0.9, 0)
    reader = read([run] * amount, tmp_path)
    assert "Mean validation accuracy 90.00 %" in reader.text
    assert "All settings are the same." in reader.text
    assert ("W405" in reader.text) == (amount > 1)


@pytest.mark.parametrize("broken", [BROKEN, LOST, EMPTY], ids=["diverged", "lost", "empty"])
def test_runs_that_went_wrong(train_record: TrainRecord, broken: Run, tmp_path: Path) -> None:
    bad = replace(run_reaching(train_record, 0.9, 0, lambda_=9.0), result=broken)
    bad = replace(bad, inspection=None)
    html = write([run_reaching(train_record, 0.9, 0), bad], tmp_path).html.read_text("utf-8")
    assert ">nan" not in html.lower()
    assert ("W406" in html) == (broken is not EMPTY)
    assert write([bad], tmp_path / "alone").html.is_file()


def test_many_runs_stay_small(train_record: TrainRecord, tmp_path: Path) -> None:
    many = [
        run for k in range(20) for run in runs_of(train_record, (0.9, 0.91, 0.92), lambda_=float(k))
    ]
    assert write(many, tmp_path).html.stat().st_size < 2_000_000


@only_text
def test_hostile_names_are_text(train_record: TrainRecord, tmp_path: Path) -> None:
    one, other = runs_of(train_record, (0.9, 0.91))
    other = replace(other, settings=replace(other.settings, hidden=(3,), lambda_=1, dropout=0.5))
    named = [
        replace(each, command=NASTY, data=replace(each.data, name=NASTY)) for each in (one, other)
    ]
    html = write_comparison(named, [NASTY, "b"], tmp_path).html.read_text("utf-8")
    reader = Reader(html)
    assert len(reader.all("script")) == len(reader.all("style")) == 1
    assert reader.text.count(NASTY) > 4


@only_text
def test_page_is_well_formed(six: list[TrainRecord], tmp_path: Path) -> None:
    reader = read(six, tmp_path)
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(len(str(image["alt"])) > 40 for image in reader.all("img"))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    captions = [a["aria-label"] for _, a in reader.tags if a.get("role") == "region"]
    assert len(captions) == len(set(captions))


def test_mixtures_are_refused_and_nothing_is_written(
    train_record: TrainRecord, record: FindEtaRecord, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="run-0 is a run and run-1 is a study: compare runs"):
        write([train_record, study(trial(0))], tmp_path)
    with pytest.raises(InputError, match="run-1: is neither run nor study"):
        write([train_record, record], tmp_path)  # type: ignore[list-item]
    with pytest.raises(InputError, match="nothing to compare"):
        write([], tmp_path)
    assert list(tmp_path.iterdir()) == []


@only_text
def test_a_folder_that_cannot_be_made(six: list[TrainRecord], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another path"):
        write(six, tmp_path / "file" / "below")


@only_text
def test_studies_are_compared_too(tmp_path: Path) -> None:
    one = study(trial(0, (0.90, 0.91, 0.92)), trial(1, (0.7,), state="pruned"))
    other = study(trial(0, (0.93, 0.935, 0.955)), spec={**SPEC, "sampler": "random"})
    files = write([one, other], tmp_path)
    reader = Reader(files.html.read_text("utf-8"))
    assert [path.stem for path in files.figures] == ["compare-accuracy", "compare-differences"]
    for part in ("studies compared", "B (sampler random) is best", "Trials of each study", "W404"):
        assert part in reader.text
    assert ">nan" not in files.html.read_text("utf-8").lower()


def test_studies_without_a_complete_trial(tmp_path: Path) -> None:
    records = [study(trial(0, state="pruned")), study(spec={**SPEC, "name": "empty"})]
    reader = read(records, tmp_path)
    assert "No clear difference" in reader.text
