"""Records as pandas tables: numbers only, no wording and no rounding."""

import math

import pandas as pd

from tuner.metrics import METRICS
from tuner.records import Epoch, EtaSearch, Judgement, Run
from tuner.records.measures import Measures, key_of

DRAWN_EPOCHS = 500
"""Of a longer run every second, third, … epoch is drawn."""


def judgement_table(search: EtaSearch) -> pd.DataFrame:
    """Return one row for each η tried, ascending.

    Returns
    -------
    pandas.DataFrame
        `eta`; `verdict`; `learning`, whether the cost still went down; `final_cost` and
        `lowest_cost` of the median curve (`lowest_cost` without the cost before training);
        `against_baseline`, final cost ÷ cost of the best constant prediction; `seeds`, how many
        probes; `agreeing`, how many of them fall on the same side of the threshold as the median;
        `reason`. A cost that is not finite is NaN.

    Examples
    --------
    >>> from tuner.records import Outcome, Probe, Verdict
    >>> curve = {"eta": 0.1, "verdict": Verdict.DECREASING, "reason": "falls"}
    >>> curve |= {"epochs": (0.0, 1.0), "costs": (3.2, 0.8)}
    >>> search = EtaSearch(eta=0.05, threshold=0.1, bracket=(0.1, None), baseline=3.2,
    ...     outcome=Outcome.NO_UPPER_LIMIT, judgements=(Judgement(**curve),),
    ...     probes=(Probe(seed=0, **curve),), spent=1.0, seconds=0.1)
    >>> judgement_table(search).loc[0, ["eta", "final_cost", "against_baseline"]].tolist()
    [0.1, 0.8, 0.25]
    >>> probe_table(search)["cost"].tolist()
    [3.2, 0.8]
    """
    rows = [_judgement_row(search, judgement) for judgement in search.judgements]
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "eta",
    "verdict",
    "learning",
    "final_cost",
    "lowest_cost",
    "against_baseline",
    "seeds",
    "agreeing",
    "reason",
]


def _judgement_row(search: EtaSearch, judgement: Judgement) -> dict[str, object]:
    learning = judgement.verdict.learning
    sides = [probe.verdict.learning for probe in search.probes if probe.eta == judgement.eta]
    return {
        "eta": judgement.eta,
        "verdict": str(judgement.verdict),
        "learning": learning,
        "final_cost": judgement.final_cost,
        "lowest_cost": min(filter(math.isfinite, judgement.costs[1:]), default=math.nan),
        "against_baseline": judgement.final_cost / search.baseline if search.baseline else math.nan,
        "seeds": len(sides),
        "agreeing": sides.count(learning),
        "reason": judgement.reason,
    }


def probe_table(search: EtaSearch) -> pd.DataFrame:
    """Return every cost measured, in long form.

    Returns
    -------
    pandas.DataFrame
        `eta`, `seed`, `epoch` (epochs of the training data since the start), `cost` (the
        regularized training cost; NaN where it was not finite). Example: `judgement_table`.
    """
    rows = [
        (probe.eta, probe.seed, epoch, finite_or_nan(cost))
        for probe in search.probes
        for epoch, cost in zip(probe.epochs, probe.costs, strict=True)
    ]
    return pd.DataFrame(rows, columns=["eta", "seed", "epoch", "cost"])


def history_table(run: Run) -> pd.DataFrame:
    """Return one row for each epoch of a run.

    Returns
    -------
    pandas.DataFrame
        `epoch`, counted from 1; `eta`, used in that epoch; `training_cost`, `validation_cost`, NaN
        where not finite; each metric measured, such as `training_accuracy`, `validation_accuracy`,
        shares; `gap`, training minus validation metric; `seconds`.

    Examples
    --------
    >>> from tuner.records import Epoch, Hyperparameters, StopReason
    >>> epoch = Epoch(epoch=1, eta=0.5, training_cost=0.4, training_metrics={"accuracy": 1.0},
    ...     validation_cost=1.2, validation_metrics={"accuracy": 0.75}, seconds=0.1)
    >>> run = Run(settings=Hyperparameters(eta=0.5), history=(epoch,), best_epoch=1,
    ...     stop_reason=StopReason.EPOCHS, stop_words="")
    >>> history_table(run).loc[0, ["validation_cost", "gap"]].tolist()
    [1.2, 0.25]
    """
    names = measured_names(run)
    rows = [
        (
            each.epoch,
            each.eta,
            finite_or_nan(each.training_cost),
            finite_or_nan(each.validation_cost),
            *(part[name] for name in names for part in _parts(each)),
            each.gap(run.metric),
            each.seconds,
        )
        for each in run.history
    ]
    measured = [key_of(name, f"{part}_metrics") for name in names for part in PARTS]
    columns = ["epoch", "eta", "training_cost", "validation_cost", *measured, "gap", "seconds"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))


PARTS = "training", "validation"


def _parts(epoch: Epoch) -> tuple[Measures, Measures]:
    return epoch.training_metrics, epoch.validation_metrics


def measured_names(run: Run) -> tuple[str, ...]:
    """Return the metrics that were measured after each epoch, the one that chose first."""
    known = run.history[0].validation_metrics if run.history else ()
    return tuple(dict.fromkeys((run.metric, *known)))


def training_curves(run: Run, metric: str | None = None) -> pd.DataFrame:
    """Return the curves of a run as they are drawn, of a metric or of the one that chose.

    Returns
    -------
    pandas.DataFrame
        `epoch`, `eta`, `training_cost`, `validation_cost`, and `training_metric`,
        `validation_metric`, in % where they are shares; all but `epoch` and `eta` are NaN once a
        cost is not finite. Of a very long run some epochs are left out.
    """
    name = metric or run.metric
    rows = [(each.epoch, each.eta, *_measured(each, name)) for each in run.history]
    frame = pd.DataFrame(rows, columns=_CURVES).astype(dict.fromkeys(_CURVES[1:], float))
    return thinned(frame, run)


def _measured(epoch: Epoch, metric: str) -> tuple[float, ...]:
    costs = epoch.training_cost, epoch.validation_cost
    if not all(map(math.isfinite, costs)):
        return (math.nan,) * 4
    return (*costs, *(drawn_as(metric, part[metric]) for part in _parts(epoch)))


def drawn_as(metric: str, value: float) -> float:
    """Return a metric as figures draw it: shares in %."""
    return 100 * value if METRICS[metric].unit == "percent" else value


_CURVES = [
    "epoch",
    "eta",
    "training_cost",
    "validation_cost",
    "training_metric",
    "validation_metric",
]


def overfitting(run: Run) -> pd.DataFrame:
    """Return what tells how far training and validation part.

    Returns
    -------
    pandas.DataFrame
        `epoch`; `gap`, by how much training is better than validation data, by the metric and in
        points where it is a share; `validation_cost`.
    """
    curves = training_curves(run)
    gap = curves["training_metric"] - curves["validation_metric"]
    gap = gap if METRICS[run.metric].greater_is_better else -gap
    return pd.DataFrame(
        {"epoch": curves["epoch"], "gap": gap, "validation_cost": curves["validation_cost"]}
    )


def thinned(frame: pd.DataFrame, run: Run, most: int = DRAWN_EPOCHS) -> pd.DataFrame:
    """Leave epochs out evenly until about `most` are left, but never best, last or changes of η."""
    step = -(-len(frame) // most)
    if step <= 1:
        return frame
    lowest = frame["validation_cost"] == frame["validation_cost"].min()
    turns = frame["eta"].ne(frame["eta"].shift()) | frame["eta"].ne(frame["eta"].shift(-1))
    even = frame["epoch"] % step == 0
    kept = even | turns | lowest | frame["epoch"].isin([run.best_epoch, len(run.history)])
    rest: pd.DataFrame = frame.loc[kept]
    return rest.reset_index(drop=True)


def finite_or_nan(value: float) -> float:
    """Turn the infinities into NaN, the one sign of "not finite" in a table."""
    return value if math.isfinite(value) else math.nan
