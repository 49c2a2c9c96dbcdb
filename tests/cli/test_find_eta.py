import io
import json
import shlex
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuner.cli.find_eta import bounds
from tuner.cli.main import run
from tuner.records import (
    FindEtaRecord,
    Judgement,
    Verdict,
    from_json,
    to_json,
)
from tuner.report.format import number
from tuner.report.stored import RECORDS

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

SETTINGS = "--data iris --hidden 8 --seed 2 --seeds 2 --lambda 0.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("find eta")


@pytest.fixture(scope="module")
def argv(folder: Path) -> list[str]:
    return ["find-eta", *SETTINGS.split(), "--out", str(folder / "out"), "--json"]


def _found(argv: list[str]) -> Any:
    out = io.StringIO()
    with redirect_stdout(out):
        assert run(argv) == 0
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def found(argv: list[str]) -> Any:
    return _found(argv)


def test_json_holds_the_contract(found: Any) -> None:
    assert found["schema"] == 1
    assert found["outcome"] == "found"
    low, high = found["bracket"]
    assert found["threshold"] == low < high <= low * 4 / 3
    assert found["eta"] == low / 2
    assert len({probe["eta"] for probe in found["probes"]}) == len(found["judgements"])
    for probe in found["probes"]:
        assert set(probe) == {"eta", "seed", "verdict", "reason", "costs", "epochs"}
        assert len(probe["costs"]) == len(probe["epochs"]) > 1
        assert probe["seed"] in (2, 3)
    spent = sum(probe["epochs"][-1] for probe in found["probes"])
    assert found["epochs"] == pytest.approx(spent)
    assert found["seconds"] > 0
    assert found["settings"]["eta"] == found["eta"]
    assert found["settings"]["lambda"] == 0.1
    assert found["data"]["name"] == "iris"


def test_all_files_are_there(found: Any, folder: Path) -> None:
    files = [found["report"], found["records"], *found["figures"]]
    assert len(files) == 4
    assert {Path(file).parent for file in files} == {folder / "out"}
    assert {Path(file).name for file in files} == {f.name for f in (folder / "out").iterdir()}


def test_records_come_back_whole(found: Any, argv: list[str]) -> None:
    text = Path(found["records"]).read_text("utf-8")
    content = json.loads(text)
    assert (content.pop("schema"), content.pop("kind")) == (RECORDS, "find-eta")
    record = from_json(FindEtaRecord, json.dumps(content))
    assert to_json(record) == content
    assert record.result.eta == record.settings.eta == found["eta"]
    assert shlex.split(record.command) == ["python", "-m", "tuner", *argv]
    assert record.environment.packages["numpy"]


def test_same_seed_same_answer(found: Any, argv: list[str]) -> None:
    first = json.loads(Path(found["records"]).read_text("utf-8"))
    again = _found(argv)
    second = json.loads(Path(again["records"]).read_text("utf-8"))
    del first["result"]["seconds"], second["result"]["seconds"]
    assert first == second
    assert {**again, "seconds": 0} == {**found, "seconds": 0}


def test_text_answers_in_words(tuner: "Tuner", found: Any) -> None:
    answer = tuner("find-eta", *SETTINGS.split())
    assert (answer.code, answer.err) == (0, "")
    heading, *rows = answer.out.splitlines()
    assert heading.split() == ["η", "verdict", "cost", "reason"]
    assert max(map(len, rows)) <= 80
    assert "\x1b" not in answer.out
    beginnings = [row.split()[:2] for row in rows]
    for judgement in found["judgements"]:
        assert [number(judgement["eta"]), judgement["verdict"]] in beginnings
    low, high = found["bracket"]
    words = " ".join(answer.out.split())
    assert f"Use η = {found['eta']:g}. The training cost still decreases at η = {low:g}" in words
    assert f"no longer at η = {high:g}. Search again after" in words
    held = {warning["code"] for warning in found["warnings"]}
    assert all(f"{code} " in words for code in held - {"W101"})
    assert rows[-1] == "Report: reports/find-eta-iris/find-eta.html"
    assert Path("reports/find-eta-iris/records.json").is_file()


def test_a_table_of_the_user_and_its_epochs(tuner: "Tuner") -> None:
    rows = (f"{i},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(60))
    Path("my data.v2.csv").write_text("\n".join(["a,b,odd", *rows]))
    options = ["--data", "my data.v2.csv", "--target", "odd", "--train-size", "20"]
    quick = ["--seeds", "1", "--probe-epochs", "12", "--hidden", "none"]
    answer = tuner("find-eta", *options, *quick, "--json")
    assert answer.code == 0
    assert answer.json["data"]["n_train"] == 20
    assert {probe["epochs"][-1] for probe in answer.json["probes"]} == {12.0}
    assert answer.json["report"] == "reports/find-eta-my data/find-eta.html"


def _judged(*verdicts: tuple[float, str]) -> tuple[Judgement, ...]:
    return tuple(
        Judgement(eta=eta, verdict=Verdict(verdict), reason="", epochs=(0.0,), costs=(1.0,))
        for eta, verdict in verdicts
    )


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([], ""),
        ([(0.1, "slow"), (1.0, "decreasing")], ", threshold above 1"),
        ([(0.1, "decreasing"), (1.0, "diverged")], ", threshold between 0.1 and 1 so far"),
        ([(0.1, "dead"), (1.0, "decreasing")], ", threshold above 1"),
        ([(0.1, "oscillating"), (1.0, "diverged")], ", threshold below 0.1"),
    ],
)
def test_progress_bounds_the_threshold(verdicts: list[tuple[float, str]], said: str) -> None:
    assert bounds(_judged(*verdicts)) == said
