"""The report of a study."""

from dataclasses import dataclass
from pathlib import Path

from tuner.records import StudyRecord
from tuner.report.checks.study import study_cautions
from tuner.report.document import (
    MOST,
    MOST_CARRIED,
    Table,
    csv_download,
    record_download,
    small_enough,
)
from tuner.report.format import listing
from tuner.report.frames.study import curve_table, trial_table
from tuner.report.html import ReportFiles, write_report
from tuner.report.pages.provenance import provenance
from tuner.report.pages.study_figures import study_pictures
from tuner.report.pages.study_tables import all_trials, eta_searches, leaders
from tuner.report.sections import Part, Report, Section, Text, weight
from tuner.report.summaries.study import study_verdict


def write_study(record: StudyRecord, folder: Path) -> ReportFiles:
    """Write `study.html` and its figures; the same record gives the same bytes.

    Parameters
    ----------
    record
        What was searched, and all trials.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Returns
    -------
    ReportFiles
        The page, then `study-history.png` and the other figures, as far as the search space and the
        objectives give something to show.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    trials = csv_download("study-trials.csv", trial_table(record))
    evidence = study_evidence(record, MOST - len(trials.address))
    sections = (
        Section("leaders", "The best trials", evidence.leaders),
        Section("evidence", "Evidence", evidence.pictures),
        Section("etas", "How η was found", evidence.etas),
        Section("trials", "All trials", (evidence.trials,)),
    )
    report = Report(
        kind="study",
        title=f"tuner study {record.result.study}",
        data_name=record.data.name,
        verdict=study_verdict(record),
        cautions=study_cautions(record),
        sections=sections,
        provenance=provenance(record),
        downloads=small_enough(
            trials,
            record_download(record),
            csv_download("study-curves.csv", curve_table(record)),
            most=min(MOST_CARRIED, MOST - weight(sections)),
        ),
    )
    return write_report(report, folder)


@dataclass(frozen=True)
class StudyEvidence:
    """What a study shows: its best trials, its figures, its searches for η, and all trials."""

    leaders: tuple[Table, ...]
    pictures: tuple[Part, ...]
    etas: tuple[Table, ...]
    trials: Table


def study_evidence(record: StudyRecord, most: int) -> StudyEvidence:
    """Return the evidence of a study in about so many bytes."""
    best, etas, trials = leaders(record), eta_searches(record), all_trials(record)
    room = most - sum(each.weight for each in (best, etas, trials) if each)
    pictures = study_pictures(record, room)
    left = listing([each.long for each in pictures.left])
    without = f"Not drawn, so that the page stays small: {left}. The table of trials holds their"
    return StudyEvidence(
        (best,) if best else (),
        (*pictures.drawn, *((Text(f"{without} values."),) if left else ())),
        (etas,) if etas else (),
        trials,
    )
