"""The steps of a tuning as pandas tables, and its networks as contenders."""

import math
from collections.abc import Sequence

import pandas as pd

from tuner.records import Run, TuneRecord
from tuner.report.format import letter
from tuner.report.frames.contenders import Contender, Difference
from tuner.report.frames.study_space import in_words
from tuner.report.summaries.base import STEP_TITLES, regularizer_words, settings_words
from tuner.stats import mean_interval, wilson


def steps_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each step, `step` and `seconds`, and one for the whole tuning."""
    rows = [(STEP_TITLES[each.name], each.seconds) for each in record.steps]
    rows.append(("All steps", record.seconds))
    return pd.DataFrame(rows, columns=["step", "seconds"])


def means_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each network of the look at overfitting.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `means`, in words; `eta`; `accuracy`, on the validation data over
        the last fifth of the epochs; `gap`, training minus validation accuracy, in shares;
        `chosen`, whether the search went on with it.
    """
    rows = [
        (
            letter(place),
            regularizer_words(each),
            each.run.settings.eta,
            each.accuracy,
            each.gap,
            place == record.overfitting.chosen,
        )
        for place, each in enumerate(record.overfitting.tried)
    ]
    return pd.DataFrame(rows, columns=["contender", "means", "eta", "accuracy", "gap", "chosen"])


def final_table(record: TuneRecord) -> pd.DataFrame:
    """Return one row for each candidate of the final.

    Returns
    -------
    pandas.DataFrame
        `contender`, its letter; `trial` of the study; `name`, its settings; `eta`; `parameters`,
        weights and biases; `seeds`; `accuracy`, the mean over seeds of the validation accuracies by
        which all were compared; `behind`, by how much the best is better, with `low` and `high`, in
        points, NaN for the best; `role`: `winner`, `tied` or `behind`.
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
                candidate.trial,
                shown.name,
                candidate.runs[0].settings.eta,
                candidate.parameters,
                len(candidate.runs),
                shown.mean,
                *(100 * end for end in ends),
                "winner" if place == final.winner else role,
            )
        )
    return pd.DataFrame(rows, columns=_FINAL)


_FINAL = [
    "contender", "trial", "name", "eta", "parameters", "seeds", "accuracy", "behind", "low", "high",
    "role",
]  # fmt: skip


def judged_table(record: TuneRecord) -> pd.DataFrame:
    """Return what the test part said: `what`, `share`, and the ends `low`, `high` of its interval.

    The first two rows are the model's, with intervals over examples where there is one; then the
    winner's network of each seed, and their mean with its interval over seeds.
    """
    test, final = record.test, record.final
    seeds = [run.settings.seed for run in final.candidates[final.winner].runs]
    every = test.over_seeds
    rows = [
        ("the model: accuracy", test.accuracy, *wilson(test.accuracy, test.n)),
        ("the model: balanced accuracy", test.balanced_accuracy, math.nan, math.nan),
    ]
    if len(every) > 1:
        rows += [
            (f"seed {seed}", share, *wilson(share, test.n))
            for seed, share in zip(seeds, every, strict=True)
        ]
        rows += [("mean of the seeds", sum(every) / len(every), *mean_interval(every))]
    return pd.DataFrame(rows, columns=["what", "share", "low", "high"])


def plain_and_chosen(record: TuneRecord) -> tuple[Contender, ...]:
    """Return the networks drawn: those without regularization, and the chosen one."""
    seen = record.overfitting
    return tuple(
        _contender(record, place, regularizer_words(each), (each.run,), [each.accuracy])
        for place, each in enumerate(seen.tried)
        if each.name == "none" or place == seen.chosen
    )


def finalists(record: TuneRecord) -> tuple[Contender, ...]:
    """Return the final candidates in order; accuracies are those they were compared by.

    All have the same seeds, and were compared at the epoch to which all of them trained.
    """
    params = {trial.number: trial.params for trial in record.study.result.trials}
    return tuple(
        _contender(
            record,
            place,
            in_words(params.get(each.trial, {})) or settings_words(each.runs[0].settings),
            each.runs,
            record.final.compared(place),
        )
        for place, each in enumerate(record.final.candidates)
    )


def _contender(
    record: TuneRecord, place: int, name: str, runs: Sequence[Run], accuracies: Sequence[float]
) -> Contender:
    seeds = [run.settings.seed for run in runs]
    return Contender(
        letter=letter(place),
        name=name,
        names=(name,),
        records=tuple(record.train_record(run) for run in runs),
        accuracies={(s, s): share for s, share in zip(seeds, accuracies, strict=True)},
        settings={},
    )


def final_differences(record: TuneRecord) -> tuple[Difference, ...]:
    """Return by how much the best candidate beats each of the others, the nearest first."""
    final = record.final
    best = final.candidates[final.best]
    return tuple(
        Difference(
            first=letter(final.best),
            second=letter(each.candidate),
            seeds=tuple(run.settings.seed for run in best.runs),
            differences=tuple(
                ours - theirs
                for ours, theirs in zip(
                    final.compared(final.best), final.compared(each.candidate), strict=True
                )
            ),
            value=each.difference,
            low=each.low,
            high=each.high,
            basis="both",
        )
        for each in sorted(final.differences, key=lambda each: each.difference)
    )
