from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tuner.errors import SealError
from tuner.records import Hyperparameters, Strategy

if TYPE_CHECKING:
    from tests.cli.conftest import Tuner

MISUSES = [
    ("find-eta --start 0", "--start"),
    ("find-eta --start -1", "--start"),
    ("find-eta --start nan", "--start"),
    ("find-eta --start inf", "--start"),
    ("find-eta --start 1e9", "--start"),
    ("find-eta --start fast", "--start must be a number but is 'fast'"),
    ("find-eta --start", "--start"),
    ("find-eta --schedule steady", "--schedule must be one of constant, halving"),
    ("find-eta --lambda -1", "--lambda"),
    ("find-eta --lambda nan", "--lambda"),
    ("find-eta --hidden 0", "--hidden"),
    ("find-eta --hidden abc", "--hidden must be sizes such as 30 or 100,50, or none"),
    ("find-eta --hidden 30,,", "--hidden"),
    ("find-eta --hidden 999999999", "--hidden"),
    ("find-eta --batch-size 0", "--batch-size"),
    ("find-eta --batch-size 2.5", "--batch-size must be a whole number"),
    ("find-eta --dropout 1", "--dropout"),
    ("find-eta --seed -1", "--seed"),
    ("find-eta --seed 99999999999999999999", "--seed"),
    ("find-eta --seeds 0", "--seeds"),
    ("find-eta --seeds 1000000", "--seeds"),
    ("find-eta --probe-epochs 0", "--probe-epochs"),
    ("find-eta --probe-epochs nan", "--probe-epochs"),
    ("find-eta --workers 0", "--workers"),
    ("find-eta --activation softplus", "--activation must be one of sigmoid, tanh, relu"),
    ("find-eta --cost squared", "--cost"),
    ("find-eta --init zero", "--init"),
    ("find-eta --regularization l3", "--regularization"),
    ("find-eta --precision float16", "--precision"),
    ("find-eta --data iriss", "did you mean iris?"),
    ("find-eta --data missing.csv", "missing.csv: no such file"),
    ("find-eta --data=", "--data"),
    ("find-eta --data iris --target species", "--target"),
    ("find-eta --data iris --drop petal --drop sepal", "--drop is 'petal'"),
    (
        "find-eta --data iris --task clustering",
        "--task must be one of auto, classification, regression",
    ),
    ("find-eta --data iris --task regression", "--task is regression but iris holds classes"),
    ("find-eta --data iris --train-size 1", "--train-size"),
    ("find-eta --data iris --train-size -1", "--train-size"),
    ("find-eta --data iris --train-size 1000", "--train-size"),
    ("find-eta --data iris --train-size many", "--train-size"),
    ("find-eta --data iris --out=", "--out must be a folder"),
    ("find-eta --out --json", "--out must be a folder but --json follows it"),
    ("find-eta --lambd 1", "did you mean --lambda?"),
    ("find-eta --see 1", "did you mean --schedule, --seed or --seeds?"),
    ("find-eta -x", "see python -m tuner find-eta --help"),
    ("find-eta extra", "extra"),
    ("find-etta", "find-eta"),
    ("fly", "predict, report, reproduce, study, train or tune, see"),
    ("", "predict, report, reproduce, study, train or tune, see"),
    ("train --eta 0", "--eta must be a positive finite number but is 0.0"),
    ("train --eta fast", "--eta must be a number or auto but is 'fast'"),
    ("train --eta nan", "--eta"),
    ("train --eta inf", "--eta"),
    ("train --eta", "--eta"),
    ("train --epochs 0", "--epochs must be at least 1"),
    ("train --epochs 1.5", "--epochs must be a whole number"),
    ("train --epochs 99999999999", "--epochs"),
    ("train --patience 0", "--patience must be at least 1 (or off)"),
    ("train --patience never", "--patience must be a whole number or off"),
    ("train --patience off --schedule halving", "--patience is off, but --schedule halving"),
    ("train --min-delta -1", "--min-delta"),
    ("train --min-delta 1", "--min-delta"),
    ("train --min-delta nan", "--min-delta"),
    ("train --patience off --min-delta 2", "--min-delta"),
    ("train --warm-up -1", "--start-from-epoch must be at least 0"),
    ("train --seconds 0", "--seconds"),
    ("train --seconds nan", "--seconds"),
    ("train --seconds inf", "--seconds"),
    ("train --schedule linear", "--schedule must be one of constant, halving"),
    ("train --factor 1", "--factor must be a finite number above 1"),
    ("train --factor inf", "--factor"),
    ("train --until 0", "--until"),
    ("train --until 1", "--until"),
    ("train --until -1", "--until"),
    ("train --save model.pkl", "--save must be a file whose name ends in .safetensors"),
    ("train --save=", "--save"),
    ("train --save --json", "--save"),
    ("train --data iris --save /dev/null/m.safetensors", "--save /dev/null cannot be written"),
    ("train --resume", "reports/train-mnist-5k/checkpoint.safetensors: no such file"),
    ("train --resume --fresh", "--fresh is the opposite of --resume"),
    ("train --data iris --train-size 1000", "--train-size"),
    ("train --data iriss", "did you mean iris?"),
    ("train --hidden 0", "--hidden"),
    ("evaluate", "MODEL"),
    ("evaluate missing.safetensors", "missing.safetensors: no such file"),
    ("evaluate missing.safetensors --part train", "--part must be one of test, validation, all"),
    ("predict", "MODEL"),
    ("predict missing.safetensors", "--data is missing"),
    ("predict missing.safetensors --data iris", "missing.safetensors: no such file"),
    ("predict missing.safetensors --data iris --out a.txt", "--out must be a file whose name ends"),
    ("predict missing.safetensors --data a.csv --out a.csv", "--out a.csv would replace the data"),
    ("predict missing.safetensors --target x", "--target"),
    ("export", "MODEL"),
    ("export m.safetensors", "--to is missing: give onnx or torch"),
    ("export m.safetensors --to pmml", "--to must be one of onnx, torch but is 'pmml'"),
    ("export m.safetensors --to onnx", "m.safetensors: no such file"),
    ("export m.safetensors --to onnx --out m.safetensors", "would replace the model"),
    ("report", "RUN|STUDY"),
    ("report missing", "missing: no such file or folder"),
    ("report a b --out=", "--out must be a folder"),
    ("data", "use check, fetch or list"),
    ("data lisst", "list"),
    ("data fetch", "NAME"),
    ("data fetch mnits", "did you mean mnist?"),
]


@pytest.mark.parametrize(("typed", "said"), MISUSES)
def test_misuse_is_one_line_and_writes_nothing(
    tuner: "Tuner", tmp_path: Path, typed: str, said: str
) -> None:
    answer = tuner(*typed.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["find-eta", "train"])
@pytest.mark.parametrize("out", ["file", "file/below", "new/../file/below"])
def test_output_that_cannot_be_written(
    tuner: "Tuner", tmp_path: Path, command: str, out: str
) -> None:
    (tmp_path / "file").write_text("")
    answer = tuner(command, "--data", "iris", "--out", out)
    assert answer.code == 2
    assert answer.err.startswith(f"error: --out {out} cannot be written")
    assert answer.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_line_breaks_and_escapes_of_a_name_are_shown_not_obeyed(tuner: "Tuner") -> None:
    answer = tuner("find-eta", "--data", "a\n\x1b[31mb.csv")
    assert answer.err == "error: a\\n\\x1b[31mb.csv: no such file: check the path.\n"


@pytest.mark.parametrize("typed", ["--debug find-eta --seed -1", "find-eta --seed -1 --debug"])
def test_debug_adds_the_traceback(tuner: "Tuner", typed: str) -> None:
    answer = tuner(*typed.split())
    assert answer.code == 2
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert answer.err.endswith("\nerror: --seed must be at least 0 but is -1.\n")


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (ZeroDivisionError("a\nb"), 1, "error: ZeroDivisionError: a b (run it again with --debug"),
        (SealError("the seal holds."), 1, "error: the seal holds."),
        (MemoryError(), 1, "error: out of memory: choose a smaller --train-size"),
        (KeyboardInterrupt(), 130, "interrupted: nothing was written.\n"),
    ],
)
def test_whatever_happens_is_one_line(
    tuner: "Tuner",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    raised: BaseException,
    code: int,
    said: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("tuner.training.eta_finder.find_eta", fail)
    answer = tuner("find-eta", "--data", "iris", "--out", "a/b/c")
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith(said)
    assert answer.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tuner: "Tuner", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.training.eta_finder.find_eta", lambda *_, **__: 1 / 0)
    Path("mine").mkdir()
    assert tuner("find-eta", "--data", "iris", "--out", "mine/new").code == 1
    assert list(Path("mine").iterdir()) == []


@pytest.mark.parametrize(
    "typed",
    [
        *("--help", "find-eta --help", "data --help", "data fetch --help", "doctor --help"),
        *("train --help", "evaluate --help", "predict --help", "report --help"),
    ],
)
def test_help_fits_80_columns(tuner: "Tuner", typed: str) -> None:
    answer = tuner(*typed.split())
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: python -m tuner")
    assert max(map(len, answer.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("typed", "settings"),
    [
        ("", Hyperparameters(eta=0.01)),
        (
            "--hidden 100,50 --activation relu --cost log-likelihood --init large --batch-size 32 "
            "--lambda 5 --regularization l1 --dropout 0.5 --precision float64 --seed 7 --start 1",
            Hyperparameters(
                eta=1.0,
                hidden=(100, 50),
                activation="relu",
                cost="log-likelihood",
                init="large",
                batch_size=32,
                lambda_=5.0,
                regularization="l1",
                dropout=0.5,
                precision="float64",
                seed=7,
            ),
        ),
        ("--hidden none", Hyperparameters(eta=0.01, hidden=())),
        ("--hidden=", Hyperparameters(eta=0.01, hidden=())),
    ],
)
def test_options_become_settings(
    tuner: "Tuner", monkeypatch: pytest.MonkeyPatch, typed: str, settings: Hyperparameters
) -> None:
    seen = []

    def look(_: object, given: Hyperparameters, *_others: object, **__: object) -> None:
        seen.append(given)
        raise KeyboardInterrupt

    monkeypatch.setattr("tuner.training.eta_finder.find_eta", look)
    tuner("find-eta", "--data", "iris", *typed.split())
    assert seen == [settings]


@pytest.mark.parametrize(
    ("typed", "strategy"),
    [
        ("", Strategy()),
        (
            "--epochs 60 --patience 2 --min-delta 0.01 --warm-up 3 --seconds 9 --schedule halving "
            "--factor 10 --until 0.01",
            Strategy(
                epochs=60,
                patience=2,
                min_delta=0.01,
                start_from_epoch=3,
                seconds=9.0,
                schedule="halving",
                factor=10.0,
                until=0.01,
            ),
        ),
        ("--patience off", Strategy(patience=None)),
        ("--patience OFF", Strategy(patience=None)),
    ],
)
def test_options_become_a_strategy(
    tuner: "Tuner", monkeypatch: pytest.MonkeyPatch, typed: str, strategy: Strategy
) -> None:
    seen = []

    def look(eta: float, given: Strategy) -> None:
        seen.append((eta, given))
        raise KeyboardInterrupt

    monkeypatch.setattr("tuner.strategies.plans.policies", look)
    tuner("train", "--data", "iris", "--eta", "0.25", *typed.split())
    assert seen == [(0.25, strategy)]
