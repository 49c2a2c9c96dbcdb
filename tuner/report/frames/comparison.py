"""Contenders as pandas tables: numbers only, no wording and no rounding."""

import math
from collections.abc import Sequence
from statistics import mean

import pandas as pd

from tuner.metrics import METRICS
from tuner.records import LayerWeights, StudyRecord, TrainRecord
from tuner.report.fonts import lettered
from tuner.report.frames.contenders import Contender, Difference
from tuner.report.frames.inspection import layer_name, on_one_grid, weight_histograms
from tuner.report.frames.training import training_curves
from tuner.report.measure import Measure
from tuner.stats import mean_interval, wilson

_RESULTS = [
    "contender",
    "name",
    "accuracy",
    "low",
    "high",
    "seeds",
    "gap",
    "best_epoch",
    "epochs",
    "seconds",
]


def results_table(every: Sequence[Contender]) -> pd.DataFrame:
    """Return one row for each contender.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `name`; `accuracy`, the mean over its seeds; `low` and `high`, the
        95 % interval of that mean over seeds, or of a single seed's accuracy over validation
        examples; `seeds`, how many; `gap`, training minus validation accuracy at the best epoch, in
        shares; `best_epoch`; `epochs`, trained; `seconds`. The last four are means over its runs,
        NaN for a study.
    """
    rows = [(c.letter, c.name, c.mean, *interval(c), len(c.by_seed), *_means(c)) for c in every]
    return pd.DataFrame(rows, columns=_RESULTS)


def interval(contender: Contender) -> tuple[float, float]:
    """Return the 95 % interval over seeds, or over validation examples where all seeds say one."""
    shares = list(contender.by_seed.values())
    low, high = METRICS[contender.metric].bounds
    if len(set(shares)) > 1:
        ends = mean_interval(shares)
        return max(low, ends[0]), min(high, ends[1])
    return wilson(contender.mean, contender.data.n_validation)


def _means(contender: Contender) -> tuple[float, float, float, float]:
    runs = [run for _, run in contender.runs]
    best = [(run.best, run.metric) for run in runs if run.best]
    return (
        _mean([each.gap(metric) for each, metric in best]),
        _mean([each.epoch for each, _ in best]),
        _mean([len(run.history) for run in runs]),
        _mean([run.seconds for run in runs]),
    )


def _mean(values: Sequence[float]) -> float:
    return mean(values) if values else math.nan


def studies_table(every: Sequence[Contender]) -> pd.DataFrame:
    """Return one row for each study: `contender`, its letter, and how many trials ended how."""
    rows = [
        (
            each.letter,
            record.result.study,
            *record.result.counts.values(),
            sum(trial.seconds for trial in record.result.trials),
        )
        for each in every
        for record in each.records
        if isinstance(record, StudyRecord)
    ]
    columns = ["contender", "study", "complete", "pruned", "failed", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def differences_table(differences: Sequence[Difference]) -> pd.DataFrame:
    """Return one row for each pair.

    Returns
    -------
    pandas.DataFrame
        `first`, `second`; `difference`, `low`, `high` as drawn, shares in points; `seeds`, how many
        are shared; `basis`; `clear`.
    """
    rows = [
        (
            d.first,
            d.second,
            *(Measure(d.metric).scale * each for each in (d.value, d.low, d.high)),
            len(d.seeds),
            d.basis,
            d.clear,
        )
        for d in differences
    ]
    columns = ["first", "second", "difference", "low", "high", "seeds", "basis", "clear"]
    return pd.DataFrame(rows, columns=columns)


def paired_table(differences: Sequence[Difference]) -> pd.DataFrame:
    """Return each pair's difference by seed: `first`, `second`, `seed`, `difference`."""
    rows = [
        (d.first, d.second, seed, Measure(d.metric).scale * value)
        for d in differences
        for seed, value in zip(d.seeds, d.differences, strict=True)
    ]
    return pd.DataFrame(rows, columns=["first", "second", "seed", "difference"])


_CURVES = ["contender", "seed", "epoch", "value", "gap", "eta"]


def curves_table(every: Sequence[Contender]) -> pd.DataFrame:
    """Return the curves of all contenders in long form.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `seed`; `epoch`; `value`, the validation metric as drawn; `gap`, by
        how much the training data are better; `eta`. Of a study they are its best trial's, which
        keeps no gap and no η; a number that is not known is NaN.
    """
    parts = [part for each in every for part in _curves(each)]
    if not parts:
        return pd.DataFrame(columns=_CURVES)
    return pd.concat(parts, ignore_index=True)[_CURVES]


def _curves(contender: Contender) -> list[pd.DataFrame]:
    parts, measure = [], Measure(contender.metric)
    for seed, run in dict(contender.runs).items():
        frame = training_curves(run, contender.metric)
        value = frame["validation_metric"]
        gap = measure.sign * (frame["training_metric"] - value)
        parts.append(frame.assign(value=value, gap=gap, seed=seed))
    for record in contender.records:
        if not isinstance(record, StudyRecord) or record.result.best is None:
            continue
        for seed, curve in enumerate(record.result.best.curves, record.plan.seed):
            values = [measure.scale * value for value in curve]
            frame = pd.DataFrame({"epoch": range(1, len(curve) + 1)})
            part = frame.assign(value=values, gap=math.nan, eta=math.nan)
            parts.append(part.assign(seed=seed))
    return [part.assign(contender=contender.letter) for part in parts]


def median_curves(curves: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return the median over seeds, at the epochs that all seeds of a contender reached.

    Returns
    -------
    pandas.DataFrame
        `contender`, `epoch` and the column `value`, NaN where it is not known for all seeds.
    """
    by_epoch = curves.groupby(["contender", "epoch"], sort=False)[value]
    frame = by_epoch.agg(["median", "count", "size"]).reset_index()
    seeds = curves.groupby("contender", sort=False)["seed"].nunique()
    every = frame["contender"].map(seeds)
    known = frame["median"].where(frame["count"] == every)
    whole = frame.assign(**{value: known})[frame["size"] == every]
    return whole[["contender", "epoch", value]].reset_index(drop=True)


def largest_layers(every: Sequence[Contender]) -> tuple[str, pd.DataFrame]:
    """Return the weights of each contender's layer with the most weights, in bins of one width.

    Returns
    -------
    tuple of str and pandas.DataFrame
        What the layer is, and its histogram by contender, of the first seed looked into.
    """
    layers: dict[str, LayerWeights] = {}
    places = []
    for each in every:
        inspections = (r.inspection for r in each.records if isinstance(r, TrainRecord))
        seen = next(filter(None, inspections), None)
        if seen is not None and seen.layers:
            index = max(
                range(len(seen.layers)), key=lambda k: seen.layers[k].n_in * seen.layers[k].n_out
            )
            places.append(layer_name(seen.layers, index))
            name = lettered(each.name, 28, "")
            layers[f"{each.letter}, {name}" if name else each.letter] = seen.layers[index]
    place = places[0] if len(set(places)) == 1 else "layer with the most weights"
    return place, weight_histograms(on_one_grid(layers))
