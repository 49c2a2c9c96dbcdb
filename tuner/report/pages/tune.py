"""The report of `tune`: the evidence in the order of the work."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tuner.records import StepName, TuneRecord
from tuner.report.checks.tune import tune_cautions
from tuner.report.document import (
    MOST,
    MOST_CARRIED,
    Column,
    Picture,
    Table,
    csv_download,
    lean,
    record_download,
    small_enough,
    table,
)
from tuner.report.format import count, listing, number, percent
from tuner.report.frames.comparison import curves_table
from tuner.report.frames.study import trial_table
from tuner.report.frames.tune import STEPS, final_table, judged_table, means_table, steps_table
from tuner.report.frames.tune_contenders import (
    final_differences,
    finalists,
    model_record,
    plain_and_chosen,
)
from tuner.report.html import ReportFiles, write_report
from tuner.report.pages.comparison_figures import accuracy_picture, differences_picture, gap_picture
from tuner.report.pages.find_eta import eta_brief
from tuner.report.pages.inspection import inspection_evidence
from tuner.report.pages.provenance import provenance
from tuner.report.pages.study import study_evidence
from tuner.report.pages.train import curves_picture, finding_parts
from tuner.report.sections import Folded, Heading, Part, Points, Report, Section, Text, weight
from tuner.report.sharing import Together, in_turn
from tuner.report.summaries.comparison import difference_words
from tuner.report.summaries.tune import tune_verdict
from tuner.report.summaries.tune_steps import conclusions, left_out_sentences

STUDY_SHARE = 0.6
"""Of the bytes of a page, what the study may take: its data grow with the number of trials."""


def write_tune(record: TuneRecord, folder: Path, together: Together = in_turn) -> ReportFiles:
    """Write `report.html` and its figures; the same record gives the same bytes.

    Parameters
    ----------
    record
        What the whole order of work found.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.
    together
        Draws the figures; processes that share them are sooner done.

    Returns
    -------
    ReportFiles
        `report.html`, then its figures in the order of the work.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    sections = _sections(record, together)
    report = Report(
        kind="report",
        title="tuner tune",
        data_name=record.data.name,
        verdict=tune_verdict(record),
        cautions=tune_cautions(record),
        sections=sections,
        provenance=provenance(record),
        downloads=small_enough(
            csv_download("study-trials.csv", trial_table(record.study)),
            csv_download("final-curves.csv", curves_table(finalists(record))),
            record_download(record),
            most=min(MOST_CARRIED, MOST - weight(sections)),
        ),
    )
    return write_report(report, folder)


def _sections(record: TuneRecord, together: Together) -> tuple[Section, ...]:
    drawn = dict(zip(_DRAWN, together([partial(_parts, n, record) for n in _DRAWN]), strict=True))
    said = {name: Text(said) for name, said in conclusions(record).items()}

    def section(name: StepName, *parts: Part) -> Section:
        conclusion = [said[name]] if name in said else []
        return Section(name, STEPS[name], (*conclusion, *parts, *drawn.get(name, ())))

    return (
        Section("order", "The order of the work", (_steps(record),)),
        section("signal"),
        section("eta"),
        section("overfitting"),
        section("study"),
        section("eta-again"),
        section("final"),
        Section("curves", "What the curves of the model say", finding_parts(model_record(record))),
        section("test", _judged(record)),
        Section("inspection", "What it gets wrong, and its weights", drawn["inspection"]),
        Section("left-out", "What was left out for lack of time", _left_out(record)),
    )


def _parts(name: str, record: TuneRecord) -> tuple[Part, ...]:
    """Return the parts of a section with figures."""
    return tuple(lean(p) if isinstance(p, Picture) else p for p in _DRAWN[name](record))


def _steps(record: TuneRecord) -> Table:
    columns = (
        Column("step", "step"),
        Column("seconds", "seconds", partial(number, digits=3), numeric=True),
    )
    return table(steps_table(record), "Each step, and what it took", columns)


def _etas(record: TuneRecord) -> Iterator[Part]:
    for kind, search in record.eta_searches.items():
        yield Heading(f"Networks of {kind} neurons")
        yield from eta_brief(search, f"eta-{kind}")


def _overfitting(record: TuneRecord) -> Iterator[Part]:
    columns = (
        Column("contender", "network"),
        Column("means", "neurons, and what was done against overfitting"),
        Column("accuracy", "validation accuracy", percent, numeric=True),
        Column("gap", "training less validation, points", _points, numeric=True),
        Column("eta", "η", number, numeric=True),
        Column("chosen", "what came of it"),
    )
    frame = means_table(record)
    frame["chosen"] = ["the search goes on with it" * chosen for chosen in frame["chosen"]]
    yield table(frame, "Means over the last fifth of the epochs", columns, sortable=True)
    drawn = plain_and_chosen(record)
    curves = curves_table(drawn).assign(eta=math.nan)
    if len(drawn) < len(frame):
        letters = listing([each.letter for each in drawn])
        yield Text(f"Drawn are the networks without anything against it and the chosen: {letters}.")
    yield gap_picture(drawn, curves, "overfitting")
    yield accuracy_picture(drawn, curves, "overfitting")


def _points(share: float) -> str:
    return number(round(100 * share, 2) + 0.0)


def _study(record: TuneRecord) -> tuple[Part, ...]:
    room = 2 * STUDY_SHARE * MOST  # figures of this page take half of what they take on their own
    evidence = study_evidence(record.study, int(room))
    every = Folded(evidence.trials.caption, evidence.trials)
    return (*evidence.leaders, *evidence.pictures, *evidence.etas, every)


def _final(record: TuneRecord) -> Iterator[Part]:
    every, against = finalists(record), final_differences(record)
    yield _candidates(record)
    if against:
        yield Points(tuple(difference_words(each) for each in against))
        yield differences_picture(every, against, "final")
    yield accuracy_picture(every, curves_table(every), "final")
    yield curves_picture(model_record(record).result, "model")


def _candidates(record: TuneRecord) -> Table:
    frame = final_table(record)
    frame["behind"] = [
        f"{number(value, 2)} ({number(low, 2)} to {number(high, 2)})"
        if math.isfinite(value)
        else "–"
        for value, low, high in zip(frame["behind"], frame["low"], frame["high"], strict=True)
    ]
    frame["role"] = frame["role"].map(_ROLES)
    whole = partial(number, digits=9)
    columns = (
        Column("contender", "candidate"),
        Column("name", "settings"),
        Column("eta", "η", number, numeric=True),
        Column("parameters", "weights and biases", whole, numeric=True),
        Column("accuracy", "validation accuracy", percent, numeric=True),
        Column("behind", "points behind the best (95 % interval)"),
        Column("trial", "trial of the study", whole, numeric=True),
        Column("role", "which it is"),
    )
    epochs, seeds = count(record.final.compared_at, "epoch"), count(int(frame["seeds"][0]), "seed")
    return table(frame, f"Means over {seeds}, paired, after {epochs}", columns, sortable=True)


_ROLES = {"winner": "taken", "tied": "tied with the best", "behind": "clearly behind"}


def _judged(record: TuneRecord) -> Table:
    frame = judged_table(record)
    known = zip(frame["low"], frame["high"], strict=True)
    frame["interval"] = [
        f"{percent(max(0.0, low))} to {percent(min(1.0, high))}" if math.isfinite(low) else "–"
        for low, high in known
    ]
    columns = (
        Column("what", "network"),
        Column("share", "test data right", percent, numeric=True),
        Column("interval", "95 % interval"),
    )
    caption = f"On {count(record.test.n, 'test example')}: the mean has its interval over seeds"
    return table(frame, caption, columns)


def _inspection(record: TuneRecord) -> tuple[Part, ...]:
    seen = record.inspection
    return inspection_evidence(seen, record.data).parts if seen else ()


def _left_out(record: TuneRecord) -> tuple[Part, ...]:
    return (
        Points(left_out_sentences(record))
        if record.left_out
        else Text("Nothing: there was time enough."),
    )


def _eta_again(record: TuneRecord) -> tuple[Part, ...]:
    return eta_brief(record.eta_again, "eta-again")


_DRAWN: Mapping[str, Callable[[TuneRecord], Iterable[Part]]] = {
    "inspection": _inspection,
    "final": _final,
    "study": _study,
    "eta": _etas,
    "overfitting": _overfitting,
    "eta-again": _eta_again,
}
"""The sections with figures, those that take the longest first."""
