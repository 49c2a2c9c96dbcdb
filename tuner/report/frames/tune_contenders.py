"""The networks of a tuning as contenders, so that they are compared as runs of `train` are."""

from collections.abc import Sequence

from tuner.records import (
    Candidate,
    Hyperparameters,
    Regularizer,
    Run,
    Strategy,
    TrainRecord,
    TuneRecord,
)
from tuner.report.format import number
from tuner.report.frames.contenders import Contender, letter
from tuner.report.frames.differences import Difference
from tuner.report.frames.study_space import in_words


def model_record(record: TuneRecord) -> TrainRecord:
    """Return the training of the model as `train` would have recorded it."""
    final = record.final
    runs = final.candidates[final.winner].runs
    run = next(each for each in runs if each.settings.seed == final.seed)
    return _train_record(record, run, final.strategy)


def _train_record(record: TuneRecord, run: Run, strategy: Strategy) -> TrainRecord:
    return TrainRecord(
        command=record.command,
        settings=run.settings,
        strategy=strategy,
        data=record.data,
        environment=record.environment,
        eta_search=record.eta_again,
        result=run,
        inspection=record.inspection,
    )


def plain_and_chosen(record: TuneRecord) -> tuple[Contender, ...]:
    """Return what is drawn of the look at overfitting: nothing done against it, and the chosen."""
    seen = record.overfitting
    return tuple(
        _contender(record, place, means_words(each), (each.run,), [each.accuracy])
        for place, each in enumerate(seen.tried)
        if each.name == "none" or place == seen.chosen
    )


def means_words(means: Regularizer) -> str:
    """Describe what was tried against overfitting, and on which kind of network.

    Examples
    --------
    >>> run = Run(settings=Hyperparameters(eta=0.5, lambda_=5.0), history=(), best_epoch=0,
    ...     best_validation_accuracy=0.0, stop_reason="epochs", stop_words="")
    >>> means_words(Regularizer(name="l2", run=run, accuracy=0.96, gap=0.02))
    'sigmoid, L2 with λ 5'
    """
    settings = means.run.settings
    how = {
        "none": "nothing against it",
        "l2": f"L2 with λ {number(settings.lambda_, 3)}",
        "l1": f"L1 with λ {number(settings.lambda_, 3)}",
        "dropout": f"dropout {number(settings.dropout, 2)}",
        "shift": "images shifted",
        "distort": "images turned and bent",
    }
    return f"{settings.activation}, {how.get(means.name, means.name)}"


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
            [best_until(run, record.final.compared_at) for run in each.runs],
        )
        for place, each in enumerate(record.final.candidates)
    )


def best_until(run: Run, epoch: int) -> float:
    """Return the best validation accuracy of a run up to an epoch; 0 where it has none."""
    return max((each.validation_accuracy for each in run.history[:epoch]), default=0.0)


def settings_words(settings: Hyperparameters) -> str:
    """Name the settings that a tuning chooses.

    Examples
    --------
    >>> settings_words(Hyperparameters(eta=0.25, lambda_=5.0, hidden=(100,)))
    'η = 0.25, λ = 5 and 100 hidden neurons'
    >>> settings_words(Hyperparameters(eta=0.25, hidden=()))
    'η = 0.25, λ = 0 and no hidden layer'
    """
    layers = " and ".join(map(str, settings.hidden))
    size = f"{layers} hidden neurons" if layers else "no hidden layer"
    l1 = " (L1)" if settings.lambda_ and settings.regularization == "l1" else ""
    return f"η = {number(settings.eta, 3)}, λ = {number(settings.lambda_, 3)}{l1} and {size}"


def _contender(
    record: TuneRecord, place: int, name: str, runs: Sequence[Run], accuracies: Sequence[float]
) -> Contender:
    seeds = [run.settings.seed for run in runs]
    return Contender(
        letter=letter(place),
        name=name,
        names=(name,),
        records=tuple(_train_record(record, run, record.final.strategy) for run in runs),
        accuracies={(s, s): share for s, share in zip(seeds, accuracies, strict=True)},
        settings={},
    )


def final_differences(record: TuneRecord) -> tuple[Difference, ...]:
    """Return what the best candidate is better by than each of the others, the nearest first."""
    final = record.final
    best = final.candidates[final.best]
    return tuple(
        Difference(
            first=letter(final.best),
            second=letter(each.candidate),
            seeds=tuple(run.settings.seed for run in best.runs),
            differences=_by_seed(best, final.candidates[each.candidate], final.compared_at),
            value=each.difference,
            low=each.low,
            high=each.high,
            basis="both",
        )
        for each in sorted(final.differences, key=lambda each: each.difference)
    )


def _by_seed(best: Candidate, other: Candidate, epoch: int) -> tuple[float, ...]:
    pairs = zip(best.runs, other.runs, strict=True)
    return tuple(best_until(a, epoch) - best_until(b, epoch) for a, b in pairs)
