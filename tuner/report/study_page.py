"""The report of a study."""

from pathlib import Path

from tuner.records import StudyRecord
from tuner.report.html import ReportFiles, write_report
from tuner.report.page import MOST_CARRIED, csv_download, record_download, small_enough
from tuner.report.provenance import provenance
from tuner.report.study_cautions import study_cautions
from tuner.report.study_lists import all_trials, eta_searches, leaders
from tuner.report.study_pictures import study_pictures
from tuner.report.study_tables import curve_table, trial_table
from tuner.report.study_verdict import study_verdict

MOST = 1_850_000
"""Bytes of a page without its frame."""


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
    tables = [each for each in (leaders(record), eta_searches(record), all_trials(record)) if each]
    trials = csv_download("study-trials.csv", trial_table(record))
    room = MOST - sum(each.weight for each in tables)
    pictures = study_pictures(record, room - len(trials.address))
    values = {
        "name": record.result.study,
        "data_name": record.data.name,
        "verdict": study_verdict(record),
        "cautions": study_cautions(record),
        "leaders": leaders(record),
        "pictures": pictures.drawn,
        "left": [each.long for each in pictures.left],
        "etas": eta_searches(record),
        "trials": all_trials(record),
        "provenance": provenance(record),
        "downloads": small_enough(
            trials,
            record_download(record),
            csv_download("study-curves.csv", curve_table(record)),
            most=min(MOST_CARRIED, room - pictures.weight),
        ),
    }
    return write_report("study", values, pictures.drawn, folder)
