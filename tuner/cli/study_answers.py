"""What `study run` answers: the best trials, how sure they are, and where all of it lies."""

from collections.abc import Iterator

from tuner.cli.output import interval, json_text, print_sentences, sureness
from tuner.cli.reporting import Written
from tuner.cli.study_jobs import Ran
from tuner.cli.study_tables import (
    counted,
    overview,
    percent,
    print_trials,
    rank,
    settings,
)
from tuner.records import StudySummary, Trial, to_json

ROWS = 8


def print_answer(ran: Ran, written: Written | None, *, as_json: bool) -> None:
    """Print the results on stdout."""
    if as_json:
        print(json_text(_document(ran) | (written.document if written else {})))
        return
    _print_text(ran)
    if written:
        print(f"Report: {written.report.html}")


def _document(ran: Ran) -> dict[str, object]:
    from tuner.environment import environment

    job = ran.job
    return {
        "command": "study run",
        **overview(ran.summary),
        "complete": ran.complete,
        "trials": len(ran.summary.trials),
        "target": job.target,
        "storage": job.place.shown,
        "folder": str(job.place.folder),
        "seconds": ran.seconds,
        "data": to_json(ran.dataset.summary),
        "environment": to_json(environment()),
        "test_openings": 0,
        "command_line": job.command,
        "resume": None if ran.complete else job.resume,
    }


def _print_text(ran: Ran) -> None:
    summary = ran.summary
    if len(summary.objectives) > 1:
        shown = summary.pareto_front
    else:
        shown = tuple(sorted(summary.trials, key=rank)[:ROWS])
    if shown:
        print_trials(summary, shown)
        print()
    print_sentences(_sentences(ran))
    if not ran.complete and not ran.interrupted:
        print(f"The time is up; go on with {ran.job.resume}")


def _sentences(ran: Ran) -> Iterator[str]:
    summary, job = ran.summary, ran.job
    best, examples = summary.best, ran.dataset.summary.n_validation
    if best:
        yield _praise(summary, best, examples)
        yield from _alike(summary, best, examples)
    if len(summary.objectives) > 1:
        yield "The front: no other trial is as good in everything and better in something."
    told, target = len(summary.trials), max(job.target, len(summary.trials))
    amount = f"{told}" if ran.complete else f"{told} of {target}"
    yield f"Study {summary.study}: {amount} trials ({counted(summary)}) after {ran.seconds:.1f} s."
    yield f"Stored: {job.place.shown}"


def _praise(summary: StudySummary, best: Trial, examples: int) -> str:
    accuracy = best.values[0]
    mean = f", mean of {n} seeds" if (n := len(best.accuracies)) > 1 else ""
    sure = sureness(*interval(accuracy, examples), examples)
    return (
        f"Best: trial {best.number} with {settings(summary, best)} and η {best.eta:.4g}"
        f" has a validation accuracy of {percent(accuracy)}{mean} ({sure})."
    )


def _alike(summary: StudySummary, best: Trial, examples: int) -> Iterator[str]:
    """Describe how many trials could be as good: the best of many owes some of it to luck."""
    low, _ = interval(best.values[0], examples)
    alike = [t for t in summary.trials if t.state == "complete" and t.values[0] >= low]
    if others := len(alike) - 1:
        words = "other complete trial lies" if others == 1 else "other complete trials lie"
        yield f"{others} {words} within that interval."
