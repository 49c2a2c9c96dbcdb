"""The steps of a tuning as pandas tables, and its networks as contenders."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import pandas as pd

from tuner.metrics import METRICS
from tuner.records import Candidate, Run, TuneRecord, Value
from tuner.report.format import layers, letter
from tuner.report.frames.contenders import Contender, Difference
from tuner.report.frames.study_space import in_words
from tuner.report.measure import Measure
from tuner.report.summaries.base import STEP_TITLES, regularizer_words, settings_words
from tuner.stats import mean_interval


def steps_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each step, and one for the whole tuning.

    Returns
    -------
    pandas.DataFrame
        `step`; `seconds`; `value`, the best validation metric of any network so far.
    """
    rows = [
        (STEP_TITLES[each.name], each.seconds, point.value)
        for each, point in zip(record.steps, record.course, strict=True)
    ]
    rows.append(("All steps", record.seconds, math.nan))
    return pd.DataFrame(rows, columns=["step", "seconds", "value"])


def means_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each network of the look at overfitting.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `means`, in words; `eta`; `value`, the validation metric over the
        last fifth of the epochs; `gap`, by how much the training data are better; `chosen`, whether
        the search went on with it.
    """
    rows = [
        (
            letter(place),
            regularizer_words(each),
            each.run.settings.eta,
            each.value,
            each.gap,
            place == record.overfitting.chosen,
        )
        for place, each in enumerate(record.overfitting.tried)
    ]
    return pd.DataFrame(rows, columns=["contender", "means", "eta", "value", "gap", "chosen"])


def final_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each candidate of the final.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `trial` of the study, NaN where it had none; `name`, its settings;
        `eta`; `parameters`, weights and biases; `networks`, how many were trained; `value`, the
        mean over seeds or folds of the validation metric by which all were compared; `behind`, by
        how much the best is better, with `low` and `high`, NaN for the best; `weight` in the
        committee; `role`: `winner`, `tied` or `behind`.
    """
    final = record.final
    against = {each.candidate: each for each in final.differences}
    rows = []
    for place, (candidate, shown) in enumerate(
        zip(final.candidates, finalists(record), strict=True)
    ):
        other = against.get(place)
        ends = (other.difference, other.low, other.high) if other else (math.nan,) * 3
        role = "tied" if place in final.tied else "behind"
        rows.append(
            (
                letter(place),
                math.nan if candidate.trial is None else candidate.trial,
                shown.name,
                candidate.runs[0].settings.eta,
                candidate.parameters,
                len(candidate.runs),
                shown.mean,
                *ends,
                candidate.weight,
                "winner" if place == final.winner else role,
            )
        )
    return pd.DataFrame(rows, columns=_FINAL)


_FINAL = [
    "contender", "trial", "name", "eta", "parameters", "networks", "value", "behind", "low", "high",
    "weight", "role",
]  # fmt: skip


def judged_table(record: TuneRecord) -> pd.DataFrame:
    """Return what the test part said: `what`, `value`, and the ends `low`, `high` of its interval.

    The first row is the model's, with an interval over examples; then the winner's network of each
    seed or fold, and their mean with its interval.
    """
    test, final = record.test, record.final
    measure = Measure(test.metric)
    every, folds = test.over_seeds, final.folds
    rows = [(f"the model: {measure.name}", test.value, *test.value_interval)]
    if len(every) > 1:
        runs = final.candidates[final.winner].runs
        alone = [(f"seed {r.settings.seed}", v) for r, v in zip(runs, every, strict=False)]
        if folds:
            alone = [(f"fold {k + 1}", fmean(every[k::folds])) for k in range(folds)]
        rows += [(f"one network, {name}", value, math.nan, math.nan) for name, value in alone]
        rows += [("mean of the networks", fmean(every), *mean_interval(every))]
    return pd.DataFrame(rows, columns=["what", "value", "low", "high"])


def metrics_table(record: TuneRecord) -> pd.DataFrame:
    """Return every metric of the test part: `metric`, its name, and `value` in words."""
    rows = [(Measure(name).name, Measure(name).text(v)) for name, v in record.test.metrics.items()]
    return pd.DataFrame(rows, columns=["metric", "value"])


def plain_and_chosen(record: TuneRecord) -> tuple[Contender, ...]:
    """Return the networks drawn: those without regularization, and the chosen one."""
    seen = record.overfitting
    return tuple(
        _contender(record, place, regularizer_words(each), (each.run,), [each.value])
        for place, each in enumerate(seen.tried)
        if each.name == "none" or place == seen.chosen
    )


def finalists(record: TuneRecord) -> tuple[Contender, ...]:
    """Return the final candidates in order; values are those they were compared by.

    All have the same seeds, and were compared at the epoch to which all of them trained.
    """
    params = {trial.number: trial.params for trial in record.study.result.trials}
    return tuple(
        _contender(
            record,
            place,
            _name(each, params),
            each.runs,
            record.final.compared(place),
        )
        for place, each in enumerate(record.final.candidates)
    )


def _name(candidate: Candidate, params: Mapping[int, Mapping[str, Value]]) -> str:
    """Return what tells a candidate from others: what was searched, or its kind and layers."""
    settings = candidate.runs[0].settings
    if candidate.trial is None:
        return f"{candidate.kind} ({layers(settings.hidden)})"
    return in_words(params.get(candidate.trial, {})) or settings_words(settings)


def _contender(
    record: TuneRecord, place: int, name: str, runs: Sequence[Run], values: Sequence[float]
) -> Contender:
    seeds = [run.settings.seed for run in runs]
    keys = seeds if len(set(seeds)) == len(seeds) else range(len(seeds))  # of folds
    records = [record.train_record(run) for run in runs]
    return Contender(
        letter=letter(place),
        name=name,
        names=(name,),
        records=tuple(
            replace(each, settings=replace(each.settings, seed=key))
            for each, key in zip(records, keys, strict=True)
        ),
        by_seed={(key, key): value for key, value in zip(keys, values, strict=True)},
        settings={},
        metric=runs[0].metric,
    )


def final_differences(record: TuneRecord) -> tuple[Difference, ...]:
    """Return by how much the best candidate beats each of the others, the nearest first."""
    final = record.final
    best, score = final.candidates[final.best], METRICS[final.metric].score
    shared = final.folds or len(best.runs)
    return tuple(
        Difference(
            first=letter(final.best),
            second=letter(each.candidate),
            seeds=tuple(range(shared))
            if final.folds
            else tuple(r.settings.seed for r in best.runs),
            differences=tuple(
                score(ours) - score(theirs)
                for ours, theirs in zip(
                    final.compared(final.best)[:shared],
                    final.compared(each.candidate)[:shared],
                    strict=True,
                )
            ),
            value=each.difference,
            low=each.low,
            high=each.high,
            basis="folds" if final.folds else "both",
            metric=final.metric,
        )
        for each in sorted(final.differences, key=lambda each: each.difference)
    )
