"""The networks of a tuning as contenders, so that they are compared as runs of `train` are."""

from collections.abc import Sequence

from tuner.records import Run, TuneRecord
from tuner.report.format import letter
from tuner.report.frames.contenders import Contender
from tuner.report.frames.differences import Difference
from tuner.report.frames.study_space import in_words
from tuner.report.summaries.phrases import regularizer_words, settings_words


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
