"""Every record through JSON and back, and what is said of JSON that is not a record."""

import json
import math
from base64 import b64encode
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import InputError, OptionError
from tuner.metrics import METRICS
from tuner.records import (
    ADVICE,
    Calibration,
    Candidate,
    Choices,
    Committee,
    Confirmation,
    DataSummary,
    Environment,
    Epoch,
    EtaSearch,
    Evaluation,
    FindEtaRecord,
    FinishedStep,
    Hyperparameters,
    Inspection,
    IntRange,
    Judgement,
    LayerWeights,
    LeftOut,
    LogRange,
    Mistake,
    Note,
    NoteKind,
    Outcome,
    Overfitting,
    PairedDifference,
    Predicted,
    Probe,
    Range,
    Record,
    Refit,
    Regularizer,
    Reliability,
    Run,
    SanityCheck,
    Shortfall,
    StepName,
    StopReason,
    Strategy,
    StudyPlan,
    StudyRecord,
    StudySummary,
    TrainRecord,
    Trial,
    TuneProgress,
    TuneRecord,
    Verdict,
    from_json,
    to_json,
)
from tuner.records.article import (
    Agreement,
    Claim,
    ExperimentRecord,
    Finding,
    Panel,
    ReproduceRecord,
    Series,
    Trained,
    Unit,
)
from tuner.records.commands import EvaluateRecord, PartName
from tuner.records.study import TrialState
from tuner.records.tuning import REGULARIZER_NAMES
from tuner.settings import SCALINGS, DataSettings, settings_of

COUNTS = st.integers(0, 10**6)
ONE_OR_MORE = st.integers(1, 10**6)
BELOW_ONE = st.floats(0, 1, exclude_max=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
NUMBERS = st.floats()
"""Costs: NaN and infinities too."""
SHARES = st.floats(0, 1)
MEASURES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {},
    optional={
        "accuracy": SHARES,
        "log-loss": st.floats(min_value=0, allow_infinity=False),
        "r2": st.floats(max_value=1, allow_infinity=False),
    },
)


def tuples(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(elements, max_size=5).map(tuple)


def choices(name: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(list(settings_of(Hyperparameters)[name].choices))


HYPERPARAMETERS = st.builds(
    Hyperparameters,
    eta=POSITIVE,
    hidden=tuples(st.integers(1, 10**4)),
    activation=choices("activation"),
    cost=choices("cost"),
    init=choices("init"),
    batch_size=st.integers(1, 10**6),
    lambda_=st.floats(min_value=0, allow_infinity=False),
    regularization=choices("regularization"),
    dropout=BELOW_ONE,
    expansion=choices("expansion"),
    precision=choices("precision"),
    seed=COUNTS,
)
PAIRS = st.lists(st.tuples(FINITE, NUMBERS), max_size=5)


def curves(kind: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records with one cost for each epoch."""
    return st.builds(
        lambda pairs, **others: kind(
            epochs=tuple(e for e, _ in pairs), costs=tuple(c for _, c in pairs), **others
        ),
        PAIRS,
        **fields,
    )


JUDGEMENTS = curves(Judgement, eta=POSITIVE, verdict=st.sampled_from(Verdict), reason=st.text())
PROBES = curves(
    Probe, eta=POSITIVE, seed=COUNTS, verdict=st.sampled_from(Verdict), reason=st.text()
)
SEARCHES = st.builds(
    EtaSearch,
    eta=FINITE,
    threshold=FINITE,
    bracket=st.tuples(st.none() | FINITE, st.none() | FINITE),
    outcome=st.sampled_from(Outcome),
    baseline=FINITE,
    judgements=tuples(JUDGEMENTS),
    probes=tuples(PROBES),
    spent=FINITE,
    seconds=FINITE,
)
EPOCHS = st.builds(
    Epoch,
    epoch=COUNTS,
    eta=POSITIVE,
    training_cost=NUMBERS,
    training_metrics=MEASURES,
    validation_cost=NUMBERS,
    validation_metrics=MEASURES,
    seconds=FINITE,
)
RUNS = st.builds(
    Run,
    settings=HYPERPARAMETERS,
    history=tuples(EPOCHS).map(
        lambda epochs: tuple(replace(e, epoch=k) for k, e in enumerate(epochs, 1))
    ),
    best_epoch=st.just(0),
    stop_reason=st.sampled_from(StopReason),
    stop_words=st.text(),
    metric=st.sampled_from(list(METRICS)),
)
COMMITTEES = st.builds(
    Committee,
    weights=tuples(SHARES),
    temperature=POSITIVE,
    metrics=MEASURES,
    examples=COUNTS,
    folds=st.none() | COUNTS,
)
RELIABILITIES = st.builds(
    Reliability,
    examples=tuples(COUNTS),
    confidence=tuples(SHARES),
    right=tuples(SHARES),
    log_loss=FINITE,
)
CALIBRATIONS = st.builds(
    Calibration, temperature=POSITIVE, before=RELIABILITIES, after=RELIABILITIES
)
REFITS = st.builds(Refit, examples=COUNTS, epochs=tuples(COUNTS), lambda_=FINITE)
NOTES = st.builds(Note, kind=st.sampled_from(NoteKind), text=st.text())
SUMMARIES = st.builds(
    DataSummary,
    name=st.text(),
    sha256=st.text(),
    n_train=COUNTS,
    n_validation=COUNTS,
    n_test=COUNTS,
    n_features=COUNTS,
    classes=tuples(st.text()),
    image_shape=st.none() | st.tuples(COUNTS, COUNTS),
    notes=tuples(NOTES),
)
EVALUATIONS = st.builds(
    EvaluateRecord,
    name=st.text(),
    sha256=st.text(),
    part=st.sampled_from(get_args(PartName)),
    n=COUNTS,
    metrics=MEASURES,
    metric=st.sampled_from(list(METRICS)),
    interval=st.none() | st.tuples(FINITE, FINITE),
    cost=FINITE,
    known_data=st.booleans(),
    test_openings=COUNTS,
    trained_on=SUMMARIES,
    notes=tuples(NOTES),
)
OF_THREE_CLASSES = SUMMARIES.map(lambda data: replace(data, classes=("a", "b", "c")))
ENVIRONMENTS = st.builds(
    Environment,
    tuner=st.text(),
    python=st.text(),
    platform=st.text(),
    packages=st.dictionaries(st.text(), st.text(), max_size=4),
    blas=st.text(),
    blas_threads=COUNTS,
)
FIND_ETA = st.builds(
    FindEtaRecord,
    command=st.text(),
    settings=HYPERPARAMETERS,
    data=SUMMARIES,
    environment=ENVIRONMENTS,
    result=SEARCHES,
)
STRATEGIES = st.builds(
    Strategy,
    epochs=ONE_OR_MORE,
    patience=ONE_OR_MORE,
    min_delta=BELOW_ONE,
    start_from_epoch=COUNTS,
    seconds=st.none() | POSITIVE,
    schedule=st.sampled_from(list(settings_of(Strategy)["schedule"].choices)),
    factor=st.floats(min_value=1, exclude_min=True, allow_infinity=False),
    until=st.floats(0, 1, exclude_min=True, exclude_max=True),
    hold=st.none() | ONE_OR_MORE,
) | st.builds(Strategy, patience=st.none())
CLASSES = st.integers(0, 2)
PREDICTED = st.lists(st.tuples(COUNTS, FINITE, FINITE), max_size=4).flatmap(
    lambda rows: st.builds(
        Predicted,
        examples=COUNTS,
        rows=st.just(tuple(row for row, _, _ in rows)),
        true=st.just(tuple(true for _, true, _ in rows)),
        predicted=st.just(tuple(predicted for _, _, predicted in rows)),
    )
)
MISTAKES = st.builds(
    Mistake,
    row=COUNTS,
    label=CLASSES,
    prediction=CLASSES,
    probability=SHARES,
    pixels=st.binary(min_size=4, max_size=4).map(lambda raw: b64encode(raw).decode()),
)
LAYERS = st.builds(
    LayerWeights,
    n_in=COUNTS,
    n_out=COUNTS,
    width=POSITIVE,
    counts=st.tuples(COUNTS, st.integers(1, 9), COUNTS),
    near_zero=COUNTS,
)
INSPECTIONS = st.builds(
    Inspection,
    training_counts=st.tuples(COUNTS, COUNTS, COUNTS),
    confusion=st.lists(st.tuples(CLASSES, CLASSES, st.integers(1, 9)), min_size=1).map(tuple),
    image_size=st.just((2, 2)),
    mistakes=tuples(MISTAKES),
    layers=tuples(LAYERS),
)
TRAIN = st.builds(
    TrainRecord,
    command=st.text(),
    settings=HYPERPARAMETERS,
    strategy=STRATEGIES,
    data=OF_THREE_CLASSES,
    environment=ENVIRONMENTS,
    eta_search=st.none() | SEARCHES,
    result=RUNS,
    inspection=st.none() | INSPECTIONS,
    others=tuples(RUNS),
    committee=st.none() | COMMITTEES,
    calibration=st.none() | CALIBRATIONS,
    refit=st.none() | REFITS,
)
VALUES = COUNTS | FINITE | st.text() | tuples(COUNTS)
RANGES = st.builds(Range, low=FINITE, high=FINITE, log=st.booleans())
CHOICES = st.builds(Choices, choices=tuples(VALUES))
TRIALS = st.builds(
    Trial,
    number=COUNTS,
    state=st.sampled_from(get_args(TrialState)),
    values=st.tuples(SHARES, FINITE),
    params=st.dictionaries(st.text(), VALUES, max_size=4),
    rungs=st.dictionaries(COUNTS, SHARES, max_size=4),
    batch=COUNTS,
    batch_size=COUNTS,
    eta=NUMBERS,
    network_values=tuples(SHARES),
    best_epoch=tuples(COUNTS),
    epochs=tuples(COUNTS),
    stop_reason=tuples(st.text()),
    diverged=st.booleans(),
    seconds=FINITE,
    curves=tuples(tuples(SHARES)),
)
STUDIES = st.builds(
    StudySummary,
    study=st.text(),
    objectives=st.tuples(st.just("validation_accuracy"), st.text()),
    space=st.dictionaries(st.text(), RANGES | CHOICES, max_size=3),
    trials=tuples(TRIALS).map(
        lambda trials: tuple(replace(t, number=k) for k, t in enumerate(trials))
    ),
)
SETTINGS = st.dictionaries(st.text(), st.none() | VALUES, max_size=4)
PLANS = st.builds(
    StudyPlan,
    title=st.text(),
    data=SETTINGS,
    network=SETTINGS,
    train=SETTINGS,
    eta=FINITE | st.text(),
    eta_seeds=COUNTS,
    trials=COUNTS,
    batch=COUNTS,
    seeds=COUNTS,
    rungs=tuples(COUNTS),
    keep=FINITE,
    sampler=st.text(),
    seed=COUNTS,
)
STUDY = st.builds(
    StudyRecord,
    command=st.text(),
    plan=PLANS,
    data=SUMMARIES,
    environment=ENVIRONMENTS,
    eta_searches=st.dictionaries(HYPERPARAMETERS, SEARCHES, max_size=2),
    result=STUDIES,
    importances=st.none() | st.dictionaries(st.text(), FINITE, max_size=4),
    complete=st.booleans(),
)
STEPS = st.builds(FinishedStep, name=st.sampled_from(get_args(StepName)), seconds=FINITE)
SHORTFALLS = st.builds(
    Shortfall, what=st.sampled_from(get_args(LeftOut)), had=COUNTS, wanted=COUNTS
)
PROGRESS = st.builds(
    TuneProgress,
    step=st.sampled_from(get_args(StepName)),
    phase=st.sampled_from([None, "candidates", "comparison", "winner"]),
    done=COUNTS,
    total=COUNTS,
    best=st.none() | FINITE,
)
SIGNALS = st.builds(SanityCheck, run=RUNS, n_train=COUNTS, chance=FINITE)
MEANS = st.builds(
    Regularizer, name=st.sampled_from(REGULARIZER_NAMES), run=RUNS, value=FINITE, gap=FINITE
)
PLAIN = MEANS.map(lambda tried: replace(tried, name="none"))
OVERFITTINGS = st.builds(
    Overfitting, n_train=COUNTS, tried=st.tuples(PLAIN, MEANS), chosen=st.just(0)
)
CANDIDATES = st.builds(Candidate, trial=COUNTS, parameters=COUNTS, runs=st.tuples(RUNS))
PAIRED = st.builds(
    PairedDifference, candidate=st.just(0), difference=FINITE, low=FINITE, high=FINITE
)
FINALS = st.builds(
    lambda candidate, **others: Confirmation(
        candidates=(candidate,), seed=candidate.runs[0].settings.seed, **others
    ),
    CANDIDATES,
    strategy=STRATEGIES,
    compared_at=COUNTS,
    best=st.just(0),
    differences=tuples(PAIRED),
    winner=st.just(0),
)
VERDICTS = st.builds(
    Evaluation,
    n=COUNTS,
    metrics=st.fixed_dictionaries({"accuracy": SHARES, "balanced-accuracy": SHARES}),
    over_seeds=tuples(SHARES),
    openings=COUNTS,
)
TUNE = st.builds(
    TuneRecord,
    command=st.text(),
    data=OF_THREE_CLASSES,
    environment=ENVIRONMENTS,
    budget=FINITE,
    seconds=FINITE,
    article=st.booleans(),
    steps=tuples(STEPS),
    left_out=tuples(SHORTFALLS),
    signal=SIGNALS,
    eta_searches=st.dictionaries(st.text(), SEARCHES, max_size=2),
    overfitting=OVERFITTINGS,
    study=STUDY,
    eta_again=SEARCHES,
    final=FINALS,
    inspection=st.none() | INSPECTIONS,
    test=VERDICTS,
    files=st.dictionaries(st.text(), st.text(), max_size=3),
)
FINDINGS = st.builds(
    Finding,
    name=st.text(),
    unit=st.sampled_from(get_args(Unit)),
    claim=st.sampled_from(Claim),
    published=st.none() | FINITE,
    limit=FINITE,
    values=tuples(NUMBERS),
    measured=NUMBERS,
    interval=st.none() | st.tuples(NUMBERS, NUMBERS),
    agreement=st.sampled_from(Agreement),
)
SERIES = st.builds(
    lambda name, points: Series(
        name=name,
        **{k: tuple(p[i] for p in points) for i, k in enumerate(("x", "y", "low", "high"))},
    ),
    st.text(),
    st.lists(st.tuples(FINITE, NUMBERS, NUMBERS, NUMBERS), max_size=5),
)
PANELS = st.builds(
    Panel,
    title=st.text(),
    x_title=st.text(),
    series=st.lists(SERIES, max_size=3, unique_by=lambda series: series.name).map(tuple),
)
TRAINED = st.builds(
    Trained,
    name=st.text(),
    settings=HYPERPARAMETERS,
    strategy=STRATEGIES,
    n_train=COUNTS,
    copies=COUNTS,
    seeds=COUNTS,
    epochs=tuples(COUNTS),
)
EXPERIMENTS = st.builds(
    ExperimentRecord,
    name=st.text(),
    findings=st.lists(FINDINGS, min_size=1, max_size=3).map(tuple),
    panels=tuples(PANELS),
    trained=tuples(TRAINED),
    test_openings=COUNTS,
    eta_search=st.none() | SEARCHES,
)
REPRODUCE = st.builds(
    ReproduceRecord,
    command=st.text(),
    data=SUMMARIES,
    environment=ENVIRONMENTS,
    seed=COUNTS,
    published_data=st.booleans(),
    experiments=tuples(EXPERIMENTS),
    omitted=tuples(st.text()),
    test_openings=COUNTS,
    seconds=FINITE,
)
EVERY_KIND: dict[type[Record], st.SearchStrategy[Any]] = {
    Hyperparameters: HYPERPARAMETERS,
    Judgement: JUDGEMENTS,
    Probe: PROBES,
    EtaSearch: SEARCHES,
    Epoch: EPOCHS,
    Run: RUNS,
    Calibration: CALIBRATIONS,
    DataSettings: st.builds(
        DataSettings,
        drop=tuples(st.text(min_size=1)),
        scaling=st.sampled_from(SCALINGS),
        test_size=st.none() | st.floats(0, 0.5),
    ),
    Committee: COMMITTEES,
    Reliability: RELIABILITIES,
    Refit: REFITS,
    Strategy: STRATEGIES,
    TrainRecord: TRAIN,
    DataSummary: SUMMARIES,
    EvaluateRecord: EVALUATIONS,
    Note: NOTES,
    Environment: ENVIRONMENTS,
    FindEtaRecord: FIND_ETA,
    Mistake: MISTAKES,
    Predicted: PREDICTED,
    LayerWeights: LAYERS,
    Inspection: INSPECTIONS,
    IntRange: st.builds(IntRange, COUNTS, COUNTS, st.booleans()),
    LogRange: st.builds(LogRange, FINITE, FINITE),
    Range: RANGES,
    Choices: CHOICES,
    Trial: TRIALS,
    StudyPlan: PLANS,
    StudyRecord: STUDY,
    StudySummary: STUDIES,
    FinishedStep: STEPS,
    Shortfall: SHORTFALLS,
    TuneProgress: PROGRESS,
    SanityCheck: SIGNALS,
    Regularizer: MEANS,
    Overfitting: OVERFITTINGS,
    Candidate: CANDIDATES,
    PairedDifference: PAIRED,
    Confirmation: FINALS,
    Evaluation: VERDICTS,
    TuneRecord: TUNE,
    Finding: FINDINGS,
    Series: SERIES,
    Panel: PANELS,
    Trained: TRAINED,
    ExperimentRecord: EXPERIMENTS,
    ReproduceRecord: REPRODUCE,
}


def only_nan(value: Any) -> Any:
    """The same value with each number that is not finite replaced by NaN."""
    if isinstance(value, float) and not math.isfinite(value):
        return math.nan
    if isinstance(value, tuple):
        return tuple(only_nan(each) for each in value)
    if isinstance(value, dict):
        return {key: only_nan(each) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: only_nan(getattr(value, f.name)) for f in fields(value)})
    return value


def through_json(record: Record) -> Record:
    return from_json(type(record), json.dumps(to_json(record), allow_nan=False))


def kinds_below(kind: type) -> set[type]:
    """All final subclasses that the product itself keeps in JSON."""
    below: list[type] = kind.__subclasses__()
    if not below:
        return {kind} if kind.__module__.startswith(("tuner.records.", "tuner.settings")) else set()
    return set().union(*map(kinds_below, below))


def test_every_record_has_a_strategy_here() -> None:
    assert kinds_below(Record) <= EVERY_KIND.keys()


@given(record=st.one_of(*EVERY_KIND.values()))
def test_a_record_returns_from_json_as_it_was(record: Record) -> None:
    # A representation compares numbers to the last bit, and NaN with NaN.
    assert repr(through_json(record)) == repr(only_nan(record))


@pytest.mark.parametrize(
    ("cost", "held", "returned"),
    [(2.5, 2.5, 2.5), (math.nan, None, math.nan), (math.inf, None, math.nan)],
)
def test_a_cost_that_is_no_number_is_null_in_json(
    cost: float, held: float | None, returned: float
) -> None:
    judgement = Judgement(
        eta=1.0, verdict=Verdict.DIVERGED, reason="", epochs=(0.0,), costs=(cost,)
    )
    assert to_json(judgement)["costs"] == [held]
    again = through_json(judgement)
    assert isinstance(again, Judgement)
    assert again.costs[0] == pytest.approx(returned, nan_ok=True)


def test_json_names_the_settings_as_the_command_line_does() -> None:
    keys = list(to_json(Hyperparameters(eta=1)))
    assert "lambda" in keys
    assert not any(key.endswith("_") for key in keys)


def settings_json(**changed: Any) -> dict[str, Any]:
    return {**to_json(Hyperparameters(eta=1.0)), **changed}


SUMMARY: dict[str, Any] = to_json(
    DataSummary(
        name="toy", sha256="", n_train=6, n_validation=2, n_test=2, n_features=3, classes=("a", "b")
    )
)
JUDGED: dict[str, Any] = {
    "eta": 0.1,
    "verdict": "slow",
    "reason": "",
    "epochs": [0],
    "costs": [None],
}


@pytest.mark.parametrize(
    ("kind", "content", "where"),
    [
        (Hyperparameters, settings_json(inertia=0.9), "Hyperparameters.inertia"),
        (Hyperparameters, settings_json(lambda_=5), "Hyperparameters.lambda_"),
        (Hyperparameters, settings_json(eta="0.5"), "Hyperparameters.eta"),
        (Hyperparameters, settings_json(eta=None), "Hyperparameters.eta"),
        (Hyperparameters, settings_json(hidden=[30, 1.5]), "Hyperparameters.hidden.1"),
        (Hyperparameters, settings_json(activation="swish"), "Hyperparameters: activation must"),
        (Hyperparameters, settings_json(batch_size=True), "Hyperparameters.batch_size"),
        (Hyperparameters, {"hidden": [30]}, "Hyperparameters.eta"),
        (Hyperparameters, settings_json(eta=-1), "eta must be a positive finite number"),
        (DataSummary, SUMMARY | {"image_shape": [28]}, "DataSummary.image_shape"),
        (DataSummary, {k: v for k, v in SUMMARY.items() if k != "n_test"}, "DataSummary.n_test"),
        (Judgement, JUDGED | {"verdict": "fine"}, "Judgement.verdict"),
        (Judgement, JUDGED | {"costs": ["1"]}, "Judgement.costs.0"),
        (Judgement, JUDGED | {"epochs": [None]}, "Judgement.epochs.0"),
        (Strategy, {"schedule": "linear"}, "Strategy: schedule must"),
        (Judgement, [], "Judgement"),
    ],
)
def test_json_that_is_no_record_is_refused_by_the_key(
    kind: type[Record], content: Any, where: str
) -> None:
    with pytest.raises(InputError) as refusal:
        from_json(kind, json.dumps(content))
    message = str(refusal.value)
    assert where in message
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", "{", "nonsense", b"\xff\x00"])
def test_text_that_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"^Judgement: "):
        from_json(Judgement, text)


@pytest.mark.parametrize(
    ("name", "value", "quoted"),
    [
        ("eta", 0, "eta must be a positive finite number but is 0."),
        ("eta", math.inf, "eta must be a positive finite number but is inf."),
        ("eta", math.nan, "eta must be a positive finite number but is nan."),
        ("hidden", (30, 0), "hidden must be sizes of at least 1 but is (30, 0)."),
        ("batch_size", 0, "batch_size must be at least 1 but is 0."),
        ("lambda_", -0.5, "lambda must be a finite number, at least 0 but is -0.5."),
        ("lambda_", math.nan, "lambda must be a finite number, at least 0 but is nan."),
        ("dropout", 1, "dropout must be at least 0 and below 1 but is 1."),
        ("dropout", -0.1, "dropout must be at least 0 and below 1 but is -0.1."),
        ("seed", -3, "seed must be at least 0 but is -3."),
        ("activation", "swish", "activation must be one of sigmoid, tanh, relu but is 'swish'."),
        (
            "cost",
            "mse",
            "cost must be one of cross-entropy, quadratic, log-likelihood but is 'mse'.",
        ),
        ("init", "zero", "init must be one of scaled, large, he but is 'zero'."),
        ("regularization", "l3", "regularization must be one of l2, l1 but is 'l3'."),
        ("precision", "half", "precision must be one of float32, float64 but is 'half'."),
    ],
)
def test_a_setting_out_of_range_is_quoted(name: str, value: Any, quoted: str) -> None:
    with pytest.raises(OptionError) as refusal:
        replace(Hyperparameters(eta=1), **{name: value})
    assert str(refusal.value) == quoted


def test_the_halving_schedule_needs_a_plateau_to_wait_for() -> None:
    assert Strategy(schedule="halving", patience=1).patience == 1
    with pytest.raises(OptionError, match=r"^patience is off, but --schedule halving waits"):
        Strategy(schedule="halving", patience=None)


def test_records_are_frozen_and_compare_by_value() -> None:
    settings = Hyperparameters(eta=1, hidden=(5,))
    assert settings == Hyperparameters(eta=1.0, hidden=(5,))
    assert hash(settings) == hash(Hyperparameters(eta=1, hidden=(5,)))
    with pytest.raises(FrozenInstanceError):
        settings.eta = 2  # type: ignore[misc]


def test_every_outcome_has_its_advice() -> None:
    assert ADVICE.keys() == set(Outcome)


def test_records_that_knew_accuracy_alone_are_read() -> None:
    epoch = {"epoch": 1, "eta": 0.5, "training_cost": 1.0, "validation_cost": None, "seconds": 0.1}
    epoch |= {"training_accuracy": 0.5, "validation_accuracy": 0.25}
    run = {
        "settings": to_json(Hyperparameters(eta=0.5)),
        "history": [epoch],
        "best_epoch": 1,
        "best_validation_accuracy": 0.25,
        "stop_reason": "epochs",
        "stop_words": "",
    }
    found = from_json(Run, json.dumps(run))
    assert (found.metric, found.best_value, found.best_validation_accuracy) == (
        "accuracy",
        0.25,
        0.25,
    )
    committee = {"weights": [1.0], "temperature": 1.5, "log_loss": 0.3, "accuracy": 0.9}
    read = from_json(Committee, json.dumps({**committee, "examples": 10, "folds": None}))
    assert read.metrics == {"log-loss": 0.3, "accuracy": 0.9}
