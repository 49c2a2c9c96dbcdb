"""What `study run` answers: the best trials, how sure they are, and where all of it lies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tuner.cli.output import json_text, print_sentences, print_summary, warnings_json
from tuner.cli.study_jobs import Ran
from tuner.cli.study_tables import overview, print_trials, rank
from tuner.records import StudyRecord, to_json
from tuner.report.checks.study import study_cautions
from tuner.report.format import duration
from tuner.report.summaries.study import study_verdict, trials_words

ROWS = 8

if TYPE_CHECKING:
    from tuner.results import Written


def print_answer(
    ran: Ran, record: StudyRecord | None, written: "Written | None", *, as_json: bool
) -> None:
    """Print the results on stdout; there is no record before the first trial."""
    cautions = study_cautions(record) if record else ()
    if as_json:
        document = _document(ran) | {"warnings": warnings_json(cautions)}
        print(json_text(document | (written.document if written else {})))
        return
    _print_trials(ran)
    if record:
        print_summary(study_verdict(record), cautions)
    print_sentences(_sentences(ran))
    if not ran.complete and not ran.interrupted:
        print(f"The time is up; go on with {ran.job.resume}")
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


def _print_trials(ran: Ran) -> None:
    summary = ran.summary
    if len(summary.objectives) > 1:
        shown = summary.pareto_front
    else:
        shown = tuple(sorted(summary.trials, key=rank)[:ROWS])
    if shown:
        print_trials(summary, shown)
        print()


def _sentences(ran: Ran) -> Iterator[str]:
    summary, job = ran.summary, ran.job
    if len(summary.objectives) > 1:
        yield "Pareto front: no other trial is as good in every objective and better in one."
    trials = trials_words(summary, 0 if ran.complete else job.target)
    yield f"Study {summary.study}: {trials} after {duration(ran.seconds)}."
    yield f"Stored: {job.place.shown}"
