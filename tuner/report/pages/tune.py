"""The report of `tune`: the evidence in the order of the work."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from tuner.records import Confirmation, StepName, TuneRecord
from tuner.report.charts.comparison import differences_figure, gap_figure, values_figure
from tuner.report.charts.training import curves_figure
from tuner.report.checks.tune import tune_warnings
from tuner.report.document import (
    Column,
    Columns,
    Folded,
    Heading,
    Part,
    Points,
    Report,
    ReportFiles,
    Section,
    Table,
    Text,
    csv_download,
    record_download,
    shares,
    whole,
    write_report,
)
from tuner.report.format import count, duration, gap_name, listing
from tuner.report.frames.comparison import curves_table
from tuner.report.frames.study import trial_table
from tuner.report.frames.tune import (
    final_differences,
    final_table,
    finalists,
    judged_table,
    means_table,
    metrics_table,
    plain_and_chosen,
    steps_table,
)
from tuner.report.measure import Measure
from tuner.report.pages.find_eta import eta_brief
from tuner.report.pages.inspection import inspection_evidence
from tuner.report.pages.study import (
    all_trials,
    eta_searches,
    leaders,
    study_evidence,
    with_metric,
)
from tuner.report.pages.train import diagnosis_parts
from tuner.report.provenance import provenance
from tuner.report.summaries.base import STEP_TITLES
from tuner.report.summaries.comparison import difference_words
from tuner.report.summaries.training import tune_diagnoses
from tuner.report.summaries.tune import conclusions, left_out_sentences, tune_summary


def write_tune(record: TuneRecord, folder: Path) -> ReportFiles:
    """Write `report.html` and its figures, in the order of the work.

    Parameters
    ----------
    record
        What the whole order of work found.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    study, seen, model = record.study, record.inspection, record.model_record
    trials, curves = trial_table(study), curves_table(finalists(record))
    every_trial, said = all_trials(study, trials), conclusions(record)

    def step(name: StepName, parts: Iterable[Part] = ()) -> Section:
        conclusion = [Text(said[name])] if name in said else []
        return Section(name, STEP_TITLES[name], (*conclusion, *parts))

    measure = Measure(record.final.metric)
    columns: Columns = {
        "step": "step",
        "seconds": Column("time", duration),
        "value": Column(f"best validation {measure.name} so far", measure.text),
    }
    steps = Table("Each step, and what it took", steps_table(record), columns)
    report = Report(
        name="report",
        title="tuner tune",
        data_name=record.data.name,
        summary=tune_summary(record),
        warnings=tune_warnings(record),
        sections=(
            Section("order", "Steps", (steps,)),
            step("signal"),
            step("eta", _etas(record)),
            step("overfitting", _overfitting(record)),
            step(
                "study",
                (
                    *leaders(study, trials),
                    *study_evidence(study),
                    *eta_searches(study),
                    Folded(every_trial.caption, (every_trial,)),
                ),
            ),
            step("eta-again", eta_brief(record.eta_again, "eta-again")),
            step("final", (*_final(record, curves), curves_figure(model.result, "model"))),
            Section(
                "curves",
                "Diagnostics of the learning curves",
                tuple(diagnosis_parts(tune_diagnoses(record))),
            ),
            step("test", tuple(_judged(record))),
            Section(
                "inspection",
                "Errors and weights",
                tuple(inspection_evidence(seen, record.data)) if seen else (),
            ),
            Section(
                "left-out",
                "Left out for lack of time",
                (
                    Points(left_out_sentences(record))
                    if record.left_out
                    else Text("Nothing: there was time enough."),
                ),
            ),
        ),
        provenance=provenance(record),
        downloads=(
            csv_download("study-trials.csv", with_metric(trials, study)),
            csv_download("final-curves.csv", curves),
            record_download(record),
        ),
    )
    return write_report(report, folder)


def _etas(record: TuneRecord) -> Iterator[Part]:
    for kind, search in record.eta_searches.items():
        yield Heading(f"Networks of {kind} neurons")
        yield from eta_brief(search, f"eta-{kind}")


def _overfitting(record: TuneRecord) -> Iterator[Part]:
    frame, measure = means_table(record), Measure(record.final.metric)
    frame["chosen"] = ["selected" * chosen for chosen in frame["chosen"]]
    columns: Columns = {
        "contender": "network",
        "means": "activation and regularizer",
        "value": Column(f"validation {measure.name}", measure.text),
        "gap": Column(gap_name(measure.metric), measure.difference),
        "eta": "η",
        "chosen": "status",
    }
    yield Table("Means over the last fifth of the epochs", frame, columns, sortable=True)
    drawn = plain_and_chosen(record)
    curves = curves_table(drawn).assign(eta=math.nan)
    if len(drawn) < len(frame):
        letters = listing([each.letter for each in drawn])
        yield Text(
            f"Shown are the networks without regularization and the selected one: {letters}."
        )
    yield gap_figure(drawn, curves, "overfitting")
    yield values_figure(drawn, curves, "overfitting")


def _final(record: TuneRecord, curves: pd.DataFrame) -> Iterator[Part]:
    every, against = finalists(record), final_differences(record)
    yield _candidates(record)
    if against:
        yield Points(tuple(difference_words(each) for each in against))
        yield differences_figure(every, against, "final")
    if _averaged(record.final):
        yield Text(
            "The curves below show each network as it was trained. The candidates were compared by"
            " the mean of the weights over half an epoch more, which is closer to what the network"
            " reaches once η comes down."
        )
    yield values_figure(every, curves, "final")


def _candidates(record: TuneRecord) -> Table:
    frame, measure = final_table(record), Measure(record.final.metric)
    frame["behind"] = [
        f"{measure.difference(value)} ({measure.difference(low)} to {measure.difference(high)})"
        if math.isfinite(value)
        else "–"
        for value, low, high in zip(frame["behind"], frame["low"], frame["high"], strict=True)
    ]
    columns: Columns = {
        "contender": "candidate",
        "name": "settings",
        "eta": "η",
        "parameters": whole("weights and biases"),
        "value": Column(f"validation {measure.name}", measure.text),
        "behind": "behind the best (95 % CI)",
        **({"weight": shares("weight in the committee", 0)} if record.final.folds else {}),
        "trial": whole("trial of the study"),
        "role": Column("status", names=_ROLES),
    }
    trained = count(int(frame["networks"][0]), "seed")
    if record.final.folds:
        trained = count(record.final.folds, "fold")
    caption = f"What was compared: {_compared(record)}, mean of {trained}"
    return Table(caption, frame, columns, sortable=True)


def _compared(record: TuneRecord) -> str:
    """Name the metrics by which candidates were compared."""
    at, name = record.final.compared_at, Measure(record.final.metric).name
    if record.final.folds:
        return f"{name} at the end of training, on the fold left out"
    if _averaged(record.final):
        return f"{name} of the weights averaged over the half epoch after epoch {at}"
    return f"best {name} in {count(at, 'epoch')}"


def _averaged(final: Confirmation) -> bool:
    """Return whether candidates were compared by averaged weights, as they are in training."""
    compared = any(candidate.compared for candidate in final.candidates) and not final.folds
    return compared and final.compared_at < final.strategy.epochs


_ROLES = {"winner": "selected", "tied": "tied with the best", "behind": "clearly behind"}


def _judged(record: TuneRecord) -> Iterator[Table]:
    frame, measure = judged_table(record), Measure(record.test.metric)
    frame["interval"] = list(map(measure.ends, frame["low"], frame["high"]))
    columns: Columns = {
        "what": "network",
        "value": Column(f"test {measure.name}", measure.text),
        "interval": "95 % CI",
    }
    over = "folds" if record.final.folds else "seeds"
    caption = f"On {count(record.test.n, 'test example')}: the mean has its interval over {over}"
    yield Table(caption, frame, columns)
    yield Table(
        "All metrics of the model on them",
        metrics_table(record),
        {"metric": "metric", "value": "value"},
    )
