"""The report that compares runs, or studies."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from tuner.records import StudyRecord, TrainRecord
from tuner.report.document import (
    MOST,
    MOST_CARRIED,
    Column,
    Table,
    csv_download,
    small_enough,
    table,
)
from tuner.report.format import listing, number, percent
from tuner.report.frames.comparison import (
    curves_table,
    differences_table,
    paired_table,
    results_table,
    studies_table,
)
from tuner.report.frames.contenders import Contender, contenders, differing
from tuner.report.frames.differences import Difference, against_winner, all_pairs
from tuner.report.html import ReportFiles, write_report
from tuner.report.pages.comparison_figures import compare_pictures, differences_shown
from tuner.report.pages.provenance import Provenance
from tuner.report.sections import Folded, Heading, Part, Points, Report, Section, Text
from tuner.report.summaries.comparison import (
    compare_cautions,
    compare_verdict,
    difference_words,
)


def write_comparison(
    records: Sequence[TrainRecord | StudyRecord], names: Sequence[str], folder: Path
) -> ReportFiles:
    """Write `compare.html` and its figures; the same records and names give the same bytes.

    Runs that differ in nothing but the seed count as one contender; two contenders are compared
    seed by seed where they share seeds.

    Parameters
    ----------
    records
        Runs or studies, not both.
    names
        What to call each record; its folder, for example.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Returns
    -------
    ReportFiles
        The page, then `compare-accuracy.png`, `compare-differences.png`, `compare-gap.png` and
        `compare-weights.png`, as far as the records hold what they show.

    Raises
    ------
    InputError
        When there is nothing to compare, or runs and studies are mixed.
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    every = contenders(records, names)
    against, pairs = against_winner(every), all_pairs(every)
    pictures = compare_pictures(every, against)
    telling = differing([each.settings for each in every])
    shared = [key for key in every[0].settings if key not in telling]
    studies = not every[0].runs
    results: list[Part] = [_results(every, against), *([_studies(every)] * studies)]
    if len(every) > 1:
        results += [
            Heading("What the best is better by"),
            Points(tuple(difference_words(each) for each in against)),
            Folded(_EVERY_TWO, differences_shown(pairs, _EVERY_TWO)),
        ]
    settings: list[Part] = [
        _settings(every, telling, "The settings that differ")
        if telling
        else Text("All settings are the same.")
    ]
    if shared:
        alike = _settings(every[:1], shared, "The same for all")
        settings.append(Folded("Show the settings that are the same for all", alike))
    report = Report(
        kind="compare",
        title=f"tuner report, {'studies' if studies else 'runs'} compared",
        data_name=listing(list(dict.fromkeys(each.data.name for each in every))),
        verdict=compare_verdict(every, against),
        cautions=compare_cautions(every, against),
        sections=(
            Section("results", "Results", tuple(results)),
            Section("settings", "Settings", tuple(settings)),
            Section("evidence", "Evidence", pictures),
        ),
        provenance=_provenance(every),
        downloads=small_enough(
            csv_download("compare-results.csv", results_table(every)),
            csv_download("compare-differences.csv", differences_table(pairs)),
            csv_download("compare-seeds.csv", paired_table(pairs)),
            csv_download("compare-curves.csv", curves_table(every)),
            most=min(MOST_CARRIED, MOST - sum(each.weight for each in pictures)),
        ),
        whole=False,
    )
    return write_report(report, folder)


_EVERY_TWO = "The difference of every two"


def _provenance(every: Sequence[Contender]) -> Provenance:
    commands = [record.command for each in every for record in each.records]
    groups = tuple(
        (each.letter, (("name", each.name), ("records", ", ".join(each.names)))) for each in every
    )
    return Provenance("\n".join(commands), groups)


_share = partial(percent, digits=2)
_whole = partial(number, digits=9)
_one = partial(number, digits=3)


def _results(every: Sequence[Contender], against: Sequence[Difference]) -> Table:
    frame = results_table(every)
    standing = {each.second: _standing(each) for each in against}
    best = against[0].first if against else every[0].letter
    frame["standing"] = [standing.get(letter, "") for letter in frame["contender"]]
    frame.loc[frame["contender"] == best, "standing"] = "best" if len(every) > 1 else "alone"
    other = [letter for letter in frame["contender"] if letter not in {best, *standing}]
    frame.loc[frame["contender"].isin(other), "standing"] = "other data: not comparable"
    frame["interval"] = [
        f"{percent(low, 1)} to {percent(high, 1)}"
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]
    columns = (
        Column("contender", "contender"),
        Column("name", "what it is"),
        Column("accuracy", "validation accuracy", _share, numeric=True),
        Column("interval", "its 95 % interval"),
        Column("standing", "against the best"),
        Column("seeds", "seeds", _whole, numeric=True),
        Column("gap", "training less validation, points", _gap, numeric=True),
        Column("best_epoch", "best epoch", _one, numeric=True),
        Column("epochs", "epochs", _one, numeric=True),
        Column("seconds", "seconds", _one, numeric=True),
    )
    shown = columns if every[0].runs else columns[:6]
    return table(frame, "Means over seeds, at the best epoch", shown, sortable=True)


def _gap(share: float) -> str:
    return number(round(100 * share, 1) + 0.0)


def _standing(difference: Difference) -> str:
    if difference.basis == "nothing":
        return "other data: not comparable"
    if not difference.clear:
        return "no clear difference"
    return f"{number(100 * -difference.value, 2)} points"


def _studies(every: Sequence[Contender]) -> Table:
    columns = (
        Column("contender", "contender"),
        Column("study", "study"),
        *(Column(name, name, _whole, numeric=True) for name in ("complete", "pruned", "failed")),
        Column("seconds", "seconds", _one, numeric=True),
    )
    return table(studies_table(every), "Trials of each study", columns, sortable=True)


def _settings(every: Sequence[Contender], keys: Sequence[tuple[str, str]], caption: str) -> Table:
    rows = {each.letter: [each.settings.get(key, "none") for key in keys] for each in every}
    frame = pd.DataFrame({"group": [h for h, _ in keys], "name": [n for _, n in keys], **rows})
    heading = "value" if len(every) == 1 else ""
    columns = (
        Column("group", "group"),
        Column("name", "setting"),
        *(Column(letter, heading or letter) for letter in rows),
    )
    return table(frame, caption, columns)
