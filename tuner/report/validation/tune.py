"""What a stored tuning must not hold."""

from collections.abc import Iterator, Mapping

from tuner.records import Run, TuneRecord


def tune_runs(record: TuneRecord) -> Mapping[str, Run]:
    """Return every run of a tuning by its place in the record."""
    tried = {
        f"overfitting.tried.{k}.run": each.run for k, each in enumerate(record.overfitting.tried)
    }
    final = {
        f"final.candidates.{k}.runs.{j}": run
        for k, each in enumerate(record.final.candidates)
        for j, run in enumerate(each.runs)
    }
    return {"signal.run": record.signal.run, **tried, **final}


def tune_contradictions(record: TuneRecord) -> Iterator[str]:
    """Describe where a record holds what no tuning could have written."""
    final, candidates = record.final, len(record.final.candidates)
    indices = {
        "overfitting.chosen": (record.overfitting.chosen, len(record.overfitting.tried)),
        "final.best": (final.best, candidates),
        "final.winner": (final.winner, candidates),
        **{
            f"final.differences.{k}.candidate": (each.candidate, candidates)
            for k, each in enumerate(final.differences)
        },
    }
    wrong = {name: place for name, place in indices.items() if not 0 <= place[0] < place[1]}
    for name, (index, amount) in wrong.items():
        yield f"{name} is {index} but there are {amount}"
    if not wrong:
        seeds = [run.settings.seed for run in final.candidates[final.winner].runs]
        if final.seed not in seeds:
            yield f"final.seed is {final.seed} but the winner's seeds are {seeds}"
    for name in ("accuracy", "balanced_accuracy"):
        if not 0 <= getattr(record.test, name) <= 1:
            yield f"test.{name} is {getattr(record.test, name)} but must be from 0 to 1"
