import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.report.runs import BROKEN
from tests.support.report.studies import SMALL
from tuner.errors import InputError
from tuner.records import Choices, EtaSearch, FindEtaRecord, StudyRecord, TrainRecord
from tuner.report import load_stored, stored_json


def test_both_kinds_come_back(
    record: FindEtaRecord, train_record: TrainRecord, search: EtaSearch, tmp_path: Path
) -> None:
    path = tmp_path / "records.json"
    for each in (record, train_record, replace(train_record, eta_search=search, result=BROKEN)):
        path.write_bytes(stored_json(each))
        again = load_stored(path)
        assert type(again) is type(each)
        assert stored_json(again) == stored_json(each)


def test_says_its_schema_and_kind_first(train_record: TrainRecord) -> None:
    document = json.loads(stored_json(train_record))
    assert list(document)[:2] == ["schema", "kind"]
    assert (document["schema"], document["kind"]) == (2, "train")


def put(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("schema", value=3), "schema is 3 but this version reads 1 and 2"),
        (put("schema", value=True), "schema is True"),
        (put("kind", value="tuna"), "kind is 'tuna' but must be one of find-eta, train"),
        (put("kind", value=[1]), r"kind is \[1\]"),
        (put("kind", value="find-eta"), "FindEtaRecord"),
        (put("new\nkey", value=1), "new key"),
        (put("settings", "eta", value=-1), "eta must be a positive finite number"),
        (put("result", "history", value=[{}]), r"history\.0\.epoch"),
        (
            put("result", "history", 3, "epoch", value=9),
            "epochs of history must be counted from 1",
        ),
        (put("result", "history", 0, "eta", value=0), r"history\.0\.eta: .* greater than 0"),
        (
            put("result", "history", 0, "training_metrics", value={"accuracy": 2}),
            "accuracy must be from 0 to 1 but is 2",
        ),
        (
            put("result", "best_epoch", value=401),
            "or 0 but is 401",
        ),
        (
            put("result", "best_epoch", value=-1),
            "one of the 400 epochs, or 0 but is -1",
        ),
        (
            put("eta_search", "probes", 2, "epochs", value=[0, 1]),
            r"eta_search\.probes\.2: costs must be 2, one for each epoch but is 13",
        ),
        (
            put("eta_search", "judgements", 1, "costs", value=[]),
            r"eta_search\.judgements\.1: costs must be 13, one for each epoch but is 0",
        ),
        (put("eta_search", "probes", 0, "eta", value=0), r"probes\.0\.eta: .* greater than 0"),
        (put("data", "n_validation", value=2**70), "n_validation is 1180591620717411303424 but"),
        (put("result", "history", 0, "epoch", value=-(2**70)), "epoch is -1180591620717411303424"),
    ],
)
def test_a_broken_record_is_one_line(
    train_record: TrainRecord,
    search: EtaSearch,
    change: Callable[[Any], None],
    message: str,
    tmp_path: Path,
) -> None:
    document = json.loads(stored_json(replace(train_record, eta_search=search)))
    change(document)
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=message) as caught:
        load_stored(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_the_search_of_find_eta_is_checked_too(record: FindEtaRecord, tmp_path: Path) -> None:
    document = json.loads(stored_json(record))
    document["result"]["probes"][0]["costs"].pop()
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"result\.probes\.0: costs must be 13.* but is 12"):
        load_stored(path)


VERSION_1 = Path(__file__).parents[1] / "support" / "report" / "version1" / "study.json"


def test_a_study_of_version_1_is_read(tmp_path: Path) -> None:
    stored = load_stored(VERSION_1)
    assert isinstance(stored, StudyRecord)
    assert stored.result.space["hidden"] == Choices((4,), (6, 3))
    assert [trial.params["hidden"] for trial in stored.result.trials] == [
        (4,),
        (6, 3),
        (4,),
        (6, 3),
    ]
    assert stored.result.trials[0].network_values == (0.8,)
    assert (stored.plan.rungs, stored.plan.train["epochs"]) == ((1,), 3)
    path = tmp_path / "records.json"
    path.write_bytes(stored_json(stored))
    assert load_stored(path) == stored


def test_a_study_of_no_version_is_one_line(tmp_path: Path) -> None:
    document = json.loads(VERSION_1.read_bytes())
    del document["spec"]
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="is not a study record of version 1: give a records"):
        load_stored(path)


@pytest.mark.parametrize("key", ["手写 <b>", "[1]", '{"eta": -1}', '{"eta": 0.1, "depth": 2}'])
def test_a_search_of_unknown_settings_is_one_line(key: str, tmp_path: Path) -> None:
    document = json.loads(stored_json(SMALL))
    (search,) = document["eta_searches"].values()
    document["eta_searches"] = {key: search}
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"eta_searches.*Hyperparameters") as caught:
        load_stored(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG", b"[]", b"3", b"{", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1e999}', b"\xff"],
)
def test_garbage_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"records\.json: .*: give a records\.json\.$"):
        load_stored(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read \(No such file"):
        load_stored(tmp_path / "records.json")
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory"):
        load_stored(tmp_path)
