"""The report that compares runs, or studies; its figures stand on the page of `tune` too."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from tuner.records import StudyRecord, TrainRecord
from tuner.report.charts.comparison import (
    differences_figure,
    differences_shown,
    gap_figure,
    layers_figure,
    values_figure,
)
from tuner.report.checks.comparison import compare_warnings
from tuner.report.document import (
    Columns,
    Figure,
    Folded,
    Heading,
    Part,
    Points,
    Provenance,
    Report,
    ReportFiles,
    Section,
    Table,
    Text,
    csv_download,
    numbers,
    rounded,
    shares,
    whole,
    write_report,
)
from tuner.report.format import interval, listing, number
from tuner.report.frames.comparison import (
    curves_table,
    differences_table,
    largest_layers,
    paired_table,
    results_table,
    studies_table,
)
from tuner.report.frames.contenders import (
    Contender,
    Difference,
    against_winner,
    all_pairs,
    contenders,
    differing,
)
from tuner.report.summaries.comparison import compare_summary, difference_words

_EVERY_TWO = "The difference of every two"


def write_comparison(
    records: Sequence[TrainRecord | StudyRecord], names: Sequence[str], folder: Path
) -> ReportFiles:
    """Write `compare.html` and its figures.

    Runs that differ in nothing but the seed count as one contender; two contenders are compared
    seed by seed where they share seeds. The figures are `compare-accuracy.png`,
    `compare-differences.png`, `compare-gap.png` and `compare-weights.png`, as far as the records
    hold what they show.

    Parameters
    ----------
    records
        Runs or studies, not both.
    names
        What to call each record; its folder, for example.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.

    Raises
    ------
    InputError
        When there is nothing to compare, or runs and studies are mixed.
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    every = contenders(records, names)
    against, pairs = against_winner(every), all_pairs(every)
    curves = curves_table(every)
    commands = [record.command for each in every for record in each.records]
    report = Report(
        name="compare",
        title=f"tuner report, {'runs' if every[0].runs else 'studies'} compared",
        data_name=listing(list(dict.fromkeys(each.data.name for each in every))),
        summary=compare_summary(every, against),
        warnings=compare_warnings(every, against),
        sections=(
            Section("results", "Results", tuple(_results(every, against, pairs))),
            Section("settings", "Settings", tuple(_settings(every))),
            Section("evidence", "Evidence", tuple(_figures(every, against, curves))),
        ),
        provenance=Provenance(
            "\n".join(commands),
            tuple((c.letter, (("name", c.name), ("records", ", ".join(c.names)))) for c in every),
        ),
        downloads=(
            csv_download("compare-results.csv", results_table(every)),
            csv_download("compare-differences.csv", differences_table(pairs)),
            csv_download("compare-seeds.csv", paired_table(pairs)),
            csv_download("compare-curves.csv", curves),
        ),
        whole=False,
    )
    return write_report(report, folder)


def _results(
    every: Sequence[Contender], against: Sequence[Difference], pairs: Sequence[Difference]
) -> Iterator[Part]:
    yield _ranking(every, against)
    if not every[0].runs:
        columns: Columns = {
            "contender": "contender",
            "study": "study",
            **{name: whole(name) for name in ("complete", "pruned", "failed")},
            "seconds": numbers("seconds", 3),
        }
        yield Table("Trials of each study", studies_table(every), columns, sortable=True)
    if len(every) > 1:
        yield Heading("Margin over the others")
        yield Points(tuple(difference_words(each) for each in against))
        yield Folded(_EVERY_TWO, (differences_shown(pairs, _EVERY_TWO),))


def _ranking(every: Sequence[Contender], against: Sequence[Difference]) -> Table:
    frame = results_table(every)
    standing = {each.second: _standing(each) for each in against}
    best = against[0].first if against else every[0].letter
    standing[best] = "best" if len(every) > 1 else "alone"
    frame["standing"] = [standing.get(x, "other data: not comparable") for x in frame["contender"]]
    frame["interval"] = list(map(interval, frame["low"], frame["high"]))
    columns: Columns = {
        "contender": "contender",
        "name": "settings",
        "accuracy": shares("validation accuracy"),
        "interval": "95 % CI",
        "standing": "against the best",
        "seeds": whole("seeds"),
    }
    of_runs: Columns = {
        "gap": rounded("training minus validation, points", 1, scale=100),
        "best_epoch": numbers("best epoch", 3),
        "epochs": numbers("epochs", 3),
        "seconds": numbers("seconds", 3),
    }
    shown = {**columns, **of_runs} if every[0].runs else columns
    return Table("Means over seeds, at the best epoch", frame, shown, sortable=True)


def _standing(difference: Difference) -> str:
    if difference.basis == "nothing":
        return "other data: not comparable"
    if not difference.clear:
        return "no clear difference"
    return f"{number(100 * -difference.value, 2)} points"


def _settings(every: Sequence[Contender]) -> Iterator[Part]:
    telling = differing([each.settings for each in every])
    shared = [key for key in every[0].settings if key not in telling]
    if telling:
        yield _settings_table(every, telling, "The settings that differ")
    else:
        yield Text("All settings are the same.")
    if shared:
        alike = _settings_table(every[:1], shared, "The same for all")
        yield Folded("Show the settings that are the same for all", (alike,))


def _settings_table(
    every: Sequence[Contender], keys: Sequence[tuple[str, str]], caption: str
) -> Table:
    rows = {each.letter: [each.settings.get(key, "none") for key in keys] for each in every}
    frame = pd.DataFrame({"group": [h for h, _ in keys], "name": [n for _, n in keys], **rows})
    values = {letter: "value" if len(every) == 1 else letter for letter in rows}
    return Table(caption, frame, {"group": "group", "name": "setting", **values})


def _figures(
    every: Sequence[Contender], against: Sequence[Difference], curves: pd.DataFrame
) -> Iterator[Figure]:
    """Return the figures of a comparison, as far as its records hold what they show."""
    if len(curves):
        yield values_figure(every, curves)
    if against:
        yield differences_figure(every, against)
    if curves["gap"].notna().any():
        yield gap_figure(every, curves)
    place, weights = largest_layers(every)
    if len(weights):
        yield layers_figure(place, weights)
