import contextlib
import csv
import io
import json
import re
import shlex
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuner.cli.main import run
from tuner.study.spec import read_spec

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

SMALL = """
trials = 6
batch = 3
rungs = [2]
eta = 0.5
[data]
source = "iris"
[network]
hidden = [8]
[train]
epochs = 6
[search.lambda]
low = 0.01
high = 10
log = true
[search.hidden]
choices = [[4], [8]]
"""
FRONT = """
trials = 4
batch = 4
eta = 0.5
sampler = "grid"
objectives = ["validation_accuracy", "parameters"]
seeds = 2
[data]
source = "iris"
[train]
epochs = 4
[search.hidden]
choices = [[2], [4], [8]]
"""
PLAN = "plan: 6 trials, 6 epochs each: at most 36 epochs, fewer where rungs end trials.\n"
SHIPPED = sorted((Path(__file__).parents[2] / "studies").glob("*.toml"))
CHANGING = {"seconds", "command_line", "storage", "folder"}


def _same(document: Any) -> Any:
    """What must not depend on time, place or workers."""
    if isinstance(document, dict):
        return {key: _same(v) for key, v in document.items() if key not in CHANGING}
    return [_same(each) for each in document] if isinstance(document, list) else document


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a finished study, and what its command printed there."""
    folder, printed = tmp_path_factory.mktemp("finished"), io.StringIO()
    (folder / "small.toml").write_text(SMALL)
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        assert run(("study", "run", "small.toml", "--workers", "1", "--json")) == 0
    return folder, printed.getvalue()


@pytest.fixture
def study(tuner: "Tuner", finished: tuple[Path, str]) -> Any:
    """A finished study in the working folder, as its JSON answer tells of it."""
    folder, printed = finished
    shutil.copytree(folder, ".", dirs_exist_ok=True)
    assert printed.count("\n") == 1
    return json.loads(printed)


def _trials(tuner: "Tuner", *argv: str) -> Any:
    return _same(tuner("study", "show", "small", "--json", *argv).json["trials"])


def test_json_holds_the_contract(study: Any) -> None:
    assert (study["schema"], study["command"], study["study"]) == (1, "study run", "small")
    assert set(study["counts"]) == {"complete", "pruned", "failed"}
    assert sum(study["counts"].values()) == study["trials"] == study["target"] == 6
    assert study["counts"]["pruned"] == 2
    best = study["best"]
    assert {"number", "value", "params", "eta", "accuracies", "epochs"} <= set(best)
    assert set(best["params"]) == {"lambda", "hidden"}
    assert (best["value"], best["eta"]) == (best["accuracies"][0], 0.5)
    assert (study["complete"], study["resume"], study["test_openings"]) == (True, None, 0)
    assert study["storage"] == study["folder"] == "reports/study-small"
    assert study["data"]["name"] == "iris"
    assert shlex.split(study["command_line"])[3:6] == ["study", "run", "small.toml"]


def test_text_answers_in_words(tuner: "Tuner", study: Any) -> None:
    lines = tuner("study", "run", "small.toml").out.splitlines()
    assert lines[0].split() == ["trial", "state", "accuracy", "η", "epochs", "settings"]
    assert lines[1].split()[:2] == [str(study["best"]["number"]), "best"]
    assert max(map(len, lines)) <= 80
    words = " ".join(lines[lines.index("") + 1 :])
    assert f"Trial {study['best']['number']} is the best of 6 trials" in words
    assert "95 % CI" in words
    assert "Study small: 6 trials (4 complete, 2 pruned) after " in words
    assert lines[-2] == "Stored: reports/study-small"
    assert lines[-1] == "Report: reports/study-small/study.html"


def test_what_is_left_is_said_before_it_starts(tuner: "Tuner", study: Any) -> None:
    options = ("--trials", "8", "--workers", "1")
    Path("small.toml").write_text(SMALL)
    assert tuner("study", "run", "small.toml", "--out", "new", "--trials", "6").err == PLAN
    said = PLAN.replace("6 trials", "2 trials").replace("36", "12")
    assert tuner("study", "run", "small.toml", *options).err == said
    assert tuner("study", "run", "small.toml", *options).err == "", "all is done"


def test_where_nobody_watches_progress_comes_in_lines(
    tuner: "Tuner", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.cli.output.PLAIN_SECONDS", 0)
    monkeypatch.setattr("tuner.cli.study_run.WORTH_SAYING", 0)
    Path("small.toml").write_text(SMALL)
    plan, *lines = tuner("study", "run", "small.toml", "--workers", "1").err.splitlines()
    times = [line for line in lines if line.startswith("time: about ")]
    assert plan + "\n" in (PLAN, "reading iris\n")
    assert len(times) == 1
    assert lines[-1] == "writing the report"
    counted = [line.split("  ") for line in lines if re.match(r"\d+/6  ", line)]
    assert [each[0] for each in counted] == sorted(each[0] for each in counted)
    assert counted[-1][0] == "6/6"
    assert re.fullmatch(r"best \d\d\.\d\d %", counted[-1][-3])
    assert counted[-1][-2] == "about 0:00 left"


def test_two_workers_give_the_same_trials(tuner: "Tuner", study: Any) -> None:
    expected = _trials(tuner)
    assert tuner("study", "run", "small.toml", "--workers", "2", "--out", "two").code == 0
    assert _trials(tuner, "--out", "two") == expected


def test_more_trials_go_on_with_the_study(tuner: "Tuner", study: Any) -> None:
    expected = _trials(tuner)
    options = ("study", "run", "small.toml", "--out", "other", "--json")
    first = tuner(*options, "--trials", "3").json
    assert (first["complete"], first["trials"], first["target"]) == (True, 3, 3)
    assert tuner(*options).json["trials"] == 6
    assert _trials(tuner, "--out", "other") == expected


def test_timeout_stops_after_a_first_result_so_that_many_such_runs_end_the_study(
    tuner: "Tuner", study: Any
) -> None:
    expected = _trials(tuner)
    options = ("study", "run", "small.toml", "--out", "other", "--timeout", "0.001s")
    answer = tuner(*options)
    assert (answer.code, answer.err) == (0, PLAN)
    assert re.search("Study small: [0-5] of 6 trials", answer.out)
    said = f"The time is up; go on with python -m tuner {' '.join(options)}"
    assert said in answer.out.splitlines()
    runs = 1
    while not (document := tuner(*options, "--json").json)["complete"]:
        assert document["resume"] == document["command_line"]
        runs += 1
    assert runs < 20
    assert _trials(tuner, "--out", "other") == expected


def test_two_objectives_give_a_front(tuner: "Tuner") -> None:
    Path("front.toml").write_text(FRONT)
    done = tuner("study", "run", "front.toml", "--json").json
    values = [trial["values"] for trial in done["pareto"]]
    assert values == sorted(values, key=lambda v: (-v[0], v[1]))
    assert [v[1] for v in values] == sorted((v[1] for v in values), reverse=True)
    assert (done["target"], done["best"]["value"]) == (3, values[0][0])
    answer = tuner("study", "run", "front.toml")
    assert answer.out.splitlines()[0].split()[2:4] == ["accuracy", "weights"]
    assert "95 % CI" in " ".join(answer.out.split())
    assert "Pareto front: " in answer.out


def test_a_searched_eta_is_shown_once(tuner: "Tuner") -> None:
    searching = SMALL.replace("eta = 0.5", 'eta = "search"')
    Path("small.toml").write_text(searching + "[search.eta]\nlow = 0.1\nhigh = 1e6\nlog = true\n")
    heading, *rows = tuner("study", "run", "small.toml").out.split("\n\n")[0].splitlines()
    assert heading.split() == ["trial", "state", "accuracy", "epochs", "settings"]
    assert {row.count("η") for row in rows} == {1}
    low_above = searching + "[search.eta]\nlow = 1000001\nhigh = 1e6\n"
    Path("small.toml").write_text(low_above)
    said = "low must be below high but they are 1000001 and 1000000."
    assert tuner("study", "run", "small.toml").err.endswith(f"search.eta: {said}\n")


def test_a_storage_of_the_user(tuner: "Tuner", study: Any) -> None:
    url = "sqlite:///all.db"
    done = tuner("study", "run", "small.toml", "--storage", url, "--json").json
    assert (done["storage"], done["folder"]) == (url, "reports/study-small")
    assert _same(done["best"]) == _same(study["best"])
    listed = tuner("study", "list", "--storage", url, "--json").json["studies"]
    assert [(each["study"], each["storage"]) for each in listed] == [("small", url)]
    assert tuner("study", "delete", "small", "--yes", "--storage", url).code == 0
    assert tuner("study", "list", "--storage", url, "--json").json["studies"] == []
    assert len(_trials(tuner)) == 6, "that of the folder stays"


def test_list_and_show(tuner: "Tuner", study: Any) -> None:
    heading, row = tuner("study", "list").out.splitlines()
    assert heading.split() == ["name", "trials", "complete", "pruned", "best", "where"]
    assert row.split()[:4] == ["small", "6", "4", "2"]
    assert row.split()[-1] == "reports/study-small"
    listed = tuner("study", "list", "--json").json["studies"][0]
    assert (listed["best"], listed["counts"]) == (study["best"], study["counts"])
    lines = tuner("study", "show", "small").out.splitlines()
    assert [line.split()[0] for line in lines[1:7]] == list("012345")
    assert "search.lambda.high = 10.0" in lines
    assert max(map(len, lines)) <= 80
    shown = tuner("study", "show", "small", "--json").json
    assert [trial["number"] for trial in shown["trials"]] == [*range(6)]
    assert shown["spec"]["train"]["epochs"] == 6


def test_list_without_studies(tuner: "Tuner") -> None:
    said = "No study is stored under reports: python -m tuner study run FILE.toml makes one.\n"
    assert tuner("study", "list").out == said
    assert tuner("study", "list", "--json").json["studies"] == []


def test_list_warns_of_a_damaged_study_and_shows_the_others(tuner: "Tuner", study: Any) -> None:
    damaged = Path("reports/study-a/study.db")
    damaged.parent.mkdir()
    damaged.write_bytes(b"no database" * 100)
    answer = tuner("study", "list")
    assert answer.code == 0
    assert "small" in answer.out
    assert answer.err.startswith(
        "warning: sqlite:///reports/study-a/study.db: is damaged, or no database"
    )
    assert answer.err.count("\n") == 1


def test_export(tuner: "Tuner", study: Any) -> None:
    out = tuner("study", "export", "small").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["number"] for row in rows] == list("012345")
    best = rows[study["best"]["number"]]
    assert float(best["validation_accuracy"]) == study["best"]["value"]
    assert float(best["params_lambda"]) == study["best"]["params"]["lambda"]
    answer = tuner("study", "export", "small", "--file", "new/trials.csv")
    assert answer.out == "Trials: new/trials.csv (6 rows)\n"
    assert Path("new/trials.csv").read_text() == out
    assert [path.name for path in Path("new").iterdir()] == ["trials.csv"]


def test_export_as_parquet(tuner: "Tuner", study: Any) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    answer = tuner("study", "export", "small", "--file", "trials.parquet", "--json")
    written = {"file": "trials.parquet", "format": "parquet", "trials": 6}
    assert answer.json | written == answer.json
    assert parquet.read_table("trials.parquet").num_rows == 6


def test_delete_asks_and_leaves_what_is_not_its_own(tuner: "Tuner", study: Any) -> None:
    folder = Path("reports/study-small")
    refused = tuner("study", "delete", "small")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.endswith("Nobody can answer here: add --yes.\n")
    (folder / "notes.txt").write_text("mine")
    assert tuner("study", "delete", "small", "--yes").out == "Deleted study small (6 trials).\n"
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert tuner("study", "show", "small").code == 2


def test_delete_of_all_removes_the_folder(tuner: "Tuner", study: Any) -> None:
    deleted = tuner("study", "delete", "small", "--yes", "--json").json
    assert (deleted["study"], deleted["trials"]) == ("small", 6)
    assert list(Path("reports").iterdir()) == []


def test_delete_keeps_the_other_studies_of_a_file(tuner: "Tuner", study: Any) -> None:
    Path("other.toml").write_text(SMALL)
    out = "reports/study-small"
    assert tuner("study", "run", "other.toml", "--trials", "1", "--out", out).code == 0
    assert tuner("study", "delete", "small", "--yes", "--out", out).code == 0
    listed = tuner("study", "list", "--json").json["studies"]
    assert [each["study"] for each in listed] == ["other"]


def test_a_name_in_two_folders_needs_out(tuner: "Tuner", study: Any) -> None:
    Path("reports/study-small").rename("reports/study-a")
    tuner("study", "run", "small.toml", "--trials", "1", "--out", "reports/study-b")
    answer = tuner("study", "show", "small")
    assert answer.err == (
        "error: study small: is in reports/study-a, reports/study-b: say which by --out.\n"
    )
    assert tuner("study", "show", "small", "--out", "reports/study-b").code == 0


def test_a_changed_file_is_recognised(tuner: "Tuner", study: Any) -> None:
    Path("small.toml").write_text(SMALL.replace("epochs = 6", "epochs = 7"))
    answer = tuner("study", "run", "small.toml")
    assert answer.code == 2
    assert "train.epochs was 6 and is 7" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_shipped_studies_are_sound(file: Path) -> None:
    spec = read_spec(file)
    assert (spec.name, spec.data.source) == (file.stem, "mnist-5k")
    assert file.read_text("utf-8").startswith("# ")
    assert spec.title


def test_all_studies_are_shipped() -> None:
    names = [file.stem for file in SHIPPED]
    assert names == ["dropout", "hidden", "lambda", "lambda_hidden", "strategies"]


SECRETS = [
    "postgresql+psycopg://me:{}@127.0.0.1:1/db",
    "postgresql+psycopg://me@127.0.0.1:1/db?password={}",
    "postgresql+psycopg://me:x@{}@127.0.0.1:1/db",
    "postgresql://me:{}@127.0.0.1:port/db",
    "no-such-database://me:{}@host/db",
    "me:{}@host",
]


@pytest.mark.parametrize("url", SECRETS)
@pytest.mark.parametrize("typed", ["study run small.toml", "study list", "dashboard"])
@pytest.mark.parametrize("debug", ["--debug", ""])
def test_no_password_in_any_complaint(tuner: "Tuner", typed: str, url: str, debug: str) -> None:
    pytest.importorskip("psycopg")
    Path("small.toml").write_text(SMALL)
    options = ["--storage", url.format("gEhe1m"), *([debug] if debug else [])]
    answer = tuner(*typed.split(), *options)
    assert answer.code == 2
    assert "gEhe1m" not in answer.out + answer.err
    assert debug or answer.err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("trils = 6", "trils is not a key of a study: do you mean trials?"),
        ("trials = 'six'", "trials"),
        ("trials = 0", "trials"),
        ("trials = ", "is not valid TOML"),
        ("trials = 6\nname = '../evil'", "name"),
        ("trials = 6\nsampler = 'bayes'", "sampler"),
        ("trials = 6\nsampler = 'grid'", "grid"),
        ("trials = 6\nobjectives = ['seconds']", "objectives"),
        ("trials = 6\nseeds = 0", "seeds"),
    ],
)
def test_a_bad_study_file_is_one_line(tuner: "Tuner", changed: str, said: str) -> None:
    Path("bad.toml").write_text(SMALL.replace("trials = 6", changed))
    _complains(tuner, "bad.toml", said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[search.lambda]", "[search.lamda]", "search.lamda is not a key of a study: do you mean"),
        ("[search.lambda]", "[serch.lambda]", "serch is not a key of a study: do you mean search?"),
        (
            "hidden = [8]",
            "hiden = [8]",
            "network.hiden is not a key of a study",
        ),
        ("epochs = 6", "epoch = 6", "train.epoch is not a key of a study: do you mean epochs?"),
        ("high = 10", "high = 0.001", "search.lambda"),
        ("high = 10", "higher = 10", "search.lambda"),
        ('"iris"', '"iriss"', "did you mean iris?"),
        ('"iris"', '"iris"\ntrain_size = 1000', "data.train_size"),
        ('"iris"', '"iris"\ntarget = "species"', "data.target"),
    ],
)
def test_a_bad_part_is_named(tuner: "Tuner", old: str, new: str, said: str) -> None:
    Path("bad.toml").write_text(SMALL.replace(old, new))
    _complains(tuner, "bad.toml", said)


def _complains(tuner: "Tuner", file: str, said: str) -> None:
    answer = tuner("study", "run", file)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert [path.name for path in Path().iterdir()] == [file]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("study", "use delete, export, list, run or show"),
        ("study rnu", "run"),
        ("study run", "FILE"),
        ("study run missing.toml", "missing.toml: there is no such file"),
        ("study run small.toml --trials 0", "--trials must be at least 1 but is 0"),
        ("study run small.toml --trials many", "--trials"),
        ("study run small.toml --timeout 0", "--timeout must be above 0"),
        ("study run small.toml --timeout soon", "--timeout must be a time such as 60s"),
        ("study run small.toml --timeout -5s", "--timeout"),
        ("study run small.toml --workers 0", "--workers"),
        ("study run small.toml --workers 2 --scheduler tcp://a:1", "not for --scheduler"),
        ("study run small.toml --storage studies.db", "--storage must be a database URL"),
        ("study run small.toml --storage sqlite://", "--storage must name a file"),
        ("study run small.toml --storage sqlite:///no/such.db", "sqlite:///no/such.db: cannot be"),
        ("study run small.toml --out small.toml", "--out small.toml cannot be written"),
        ("study run .", "cannot be read"),
        ("study show", "NAME"),
        ("study show small", "study small: is not stored under reports: none is."),
        ("study show small --out .", "--out .: holds no study.db"),
        ("study show small --storage sqlite:///no.db", "--storage no.db: no such file"),
        ("study export small --format xlsx", "--format must be one of csv, parquet"),
        ("study export small --format parquet", "--file is missing"),
        ("study export small --file .", "--file . is a folder"),
        ("study export small --json", "--file is missing: with --json"),
        ("study delete small --yes", "study small: is not stored"),
        ("study list --storage sqlite:///no.db", "--storage no.db: no such file"),
        ("dashboard", "NAME is missing"),
        ("dashboard small", "study small: is not stored"),
        ("dashboard --port 99999", "--port must be from 0 to 65535"),
        ("dashboard --port x", "--port must be a whole number"),
    ],
)
def test_misuse_is_one_line_and_writes_nothing(tuner: "Tuner", typed: str, said: str) -> None:
    Path("small.toml").write_text(SMALL)
    answer = tuner(*typed.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert [path.name for path in Path().iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    "typed",
    ["study run small.toml", "tune --data iris", "reproduce l2-small --data digits"],
)
def test_no_scheduler_there_leaves_nothing(
    tuner: "Tuner", typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("tuner.execution.dask.PATIENCE", 0.5)
    Path("small.toml").write_text(SMALL)
    address = "tcp://127.0.0.1:1"
    answer = tuner(*typed.split(), "--scheduler", address)
    assert answer.code == 2
    assert f"error: --scheduler {address}: no Dask scheduler answers there" in answer.err
    assert [path.name for path in Path().iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    "typed", ["study", "study run", "study list", "study show", "study export", "study delete"]
)
def test_help_fits_80_columns(tuner: "Tuner", typed: str) -> None:
    answer = tuner(*typed.split(), "--help")
    assert (answer.code, answer.err) == (0, "")
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "..." not in answer.out.partition("Commands:")[2]


def test_a_study_of_another_program_is_left_alone(tuner: "Tuner", study: Any) -> None:
    with sqlite3.connect("reports/study-small/study.db") as connection:
        connection.execute("DELETE FROM study_user_attributes")
    connection.close()
    assert tuner("study", "list", "--json").json["studies"] == []
    assert "was made by another program" in tuner("study", "run", "small.toml").err


def test_json_of_a_trial_has_no_curves(study: Any) -> None:
    assert '"curves"' not in json.dumps(study)
