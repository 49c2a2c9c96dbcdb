"""The pages of `reproduce`: the article's experiments in its order, in English or Chinese."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from tuner.records import (
    Agreement,
    ExperimentRecord,
    Panel,
    ReproduceRecord,
    Trained,
)
from tuner.report.charts.article import draw_panels, panel_curves
from tuner.report.charts.learning_rate import draw_final_costs, final_costs, landmarks
from tuner.report.document import (
    Code,
    Column,
    Columns,
    Figure,
    Folded,
    Links,
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
    write_report,
)
from tuner.report.format import number
from tuner.report.language import Texts, texts
from tuner.report.provenance import data_and_environment
from tuner.report.summaries.reproduce import (
    interval_text,
    measured_text,
    published_text,
    reproduce_summary,
)

SHOWN_ROWS = 13
"""Of a longer line every second, third, … point stands in the table under its figure."""

_SYMBOLS = {"agrees": "✓", "disagrees": "✗", "unclear": "?"}


def write_reproduce(record: ReproduceRecord, folder: Path, language: str = "en") -> ReportFiles:
    """Write `reproduce.html` (or `reproduce-zh.html`) and its figures, the same for both languages.

    Parameters
    ----------
    record
        What was found.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.
    language
        `en` or `zh`.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    words = texts(language)
    titles = [(each.name, words.experiments[each.name].title) for each in record.experiments]
    report = Report(
        name="reproduce" if language == "en" else f"reproduce-{language}",
        title="tuner reproduce",
        data_name=record.data.name,
        summary=replace(reproduce_summary(record, language), facts=()),
        sections=(
            Section("differences", words.words["differences"], tuple(_not_agreeing(record, words))),
            Section(
                "contents",
                words.words["contents"],
                (Links(tuple((*each, "") for each in titles)),),
            ),
            *(
                Section(each.name, title, tuple(_parts(each, words)))
                for each, (_, title) in zip(record.experiments, titles, strict=True)
            ),
        ),
        provenance=Provenance(
            record.command, data_and_environment(record.data, record.environment)
        ),
        downloads=(csv_download("reproduce.csv", findings_table(record)),),
        language=language,
    )
    return write_report(report, folder)


def reproduce_figure(record: ReproduceRecord) -> Figure:
    """Return the figure of the first experiment that trained networks, else of the first."""
    first = next((each for each in record.experiments if each.trained), record.experiments[0])
    return next(_figures(first, texts("en")))


def _not_agreeing(record: ReproduceRecord, words: Texts) -> Iterator[Links]:
    links = []
    for experiment in record.experiments:
        said = words.experiments[experiment.name]
        for finding in experiment.findings:
            if finding.agreement in (Agreement.DISAGREES, Agreement.UNCLEAR):
                interval = interval_text(finding, words)
                around = "" if finding.interval is None else f" ({interval})"
                published = f"{words.words['published_short']} {published_text(finding, words)}"
                verdict = words.words[f"verdict_{finding.agreement}"]
                rest = (said.figures[finding.name], f"{measured_text(finding, words)}{around}")
                text = words.words["colon"].join(("", *rest))
                links.append((experiment.name, said.title, f"{text}; {published}; {verdict}"))
    if links:
        yield Links(tuple(links))


def _parts(experiment: ExperimentRecord, words: Texts) -> Iterator[Part]:
    yield Code(f"python -m tuner reproduce {experiment.name}")
    for paragraph in words.experiments[experiment.name].text.strip().split("\n\n"):
        yield Text(paragraph)
    yield _findings(experiment, words)
    yield from _figures(experiment, words)
    trained = [_trained(each, words) for each in experiment.trained]
    opened = words.words["opened" if experiment.test_openings else "not_opened"]
    tables = [_panel_table(panel) for panel in experiment.panels]
    yield Folded(words.words["details"], (Points((*trained, opened)), *tables))


def _findings(experiment: ExperimentRecord, words: Texts) -> Table:
    named = words.experiments[experiment.name].figures
    rows = [
        (
            named[each.name],
            published_text(each, words),
            measured_text(each, words),
            interval_text(each, words),
            str(each.agreement),
        )
        for each in experiment.findings
    ]
    names = ["figure", "published", "measured", "interval_heading", "verdict"]
    verdicts = {str(each): words.words[f"verdict_{each}"] for each in Agreement}
    verdict = Column(words.words["verdict"], symbols=_SYMBOLS, names=verdicts)
    columns: Columns = {**{name: words.words[name] for name in names}, "verdict": verdict}
    return Table(words.words["figures"], pd.DataFrame(rows, columns=names), columns)


def _trained(trained: Trained, words: Texts) -> str:
    s, strategy = trained.settings, trained.strategy
    kind = "" if not s.lambda_ else f", {s.regularization.upper()} λ = {number(s.lambda_)}"
    drop = f", dropout {number(s.dropout)}" if s.dropout else ""
    longest, shortest = max(trained.epochs), min(trained.epochs)
    epochs = str(longest) if longest == shortest else f"{shortest} … {longest}"
    patience = "" if strategy.patience is None else f", N = {strategy.patience}"
    divided = f", η / {number(strategy.factor)}" if strategy.schedule == "halving" else ""
    settings = (
        f"{' – '.join(map(str, s.hidden))}, {s.cost}, {_INITS[s.init]}, η = {number(s.eta)},"
        f" m = {s.batch_size}{kind}{drop}{patience}{divided}"
    )
    return words.say(
        "trained",
        name=trained.name,
        settings=settings,
        n=trained.n_train,
        epochs=epochs,
        seeds=trained.seeds,
    )


_INITS = {"large": "N(0, 1)", "scaled": "N(0, 1/n_in)"}


def _figures(experiment: ExperimentRecord, words: Texts) -> Iterator[Figure]:
    name, title = f"reproduce-{experiment.name}", words.experiments[experiment.name].title
    if experiment.panels:
        panels = experiment.panels
        yield Figure(
            name,
            title,
            None,
            partial(draw_panels, panel_curves(experiment), panels),
            alt=words.say("alt", title=title, panels="; ".join(map(_told, panels))),
            note=words.words["caption"],
        )
    search = experiment.eta_search
    if search is not None:
        eta, threshold = number(search.eta), number(search.threshold)
        yield Figure(
            name,
            title,
            None,
            partial(draw_final_costs, final_costs(search), landmarks(search)),
            alt=words.say("alt_threshold", eta=eta, threshold=threshold),
            note="",
        )


def _told(panel: Panel) -> str:
    """Describe where each line of a panel begins and ends."""
    lines = (f"{s.name}: {number(s.y[0], 3)} → {number(s.y[-1], 3)}" for s in panel.series if s.y)
    return f"{panel.title}: {', '.join(lines)}"


def _panel_table(panel: Panel) -> Table:
    """Return the lines of a panel side by side, thinned to a few rows."""
    frame = pd.DataFrame({s.name: pd.Series(s.y, index=s.x, dtype=float) for s in panel.series})
    step = -(-len(frame) // SHOWN_ROWS)
    shown = frame.iloc[::step] if len(frame) % step == 1 or step == 1 else frame.iloc[::-step][::-1]
    shown = shown.rename_axis("x").reset_index()
    columns: Columns = {"x": numbers(panel.x_title, 5), **{s.name: s.name for s in panel.series}}
    return Table(panel.title, shown, columns)


def findings_table(record: ReproduceRecord) -> pd.DataFrame:
    """Return all figures in long form, one row each.

    Returns
    -------
    pandas.DataFrame
        `experiment`, `figure`, `unit`, `claim`, `published`, `limit`, `measured`, `low`, `high`,
        `agreement`.
    """
    rows = [
        {
            "experiment": experiment.name,
            "figure": f.name,
            "unit": f.unit,
            "claim": str(f.claim),
            "published": f.published,
            "limit": f.limit,
            "measured": f.measured,
            "low": f.interval and f.interval[0],
            "high": f.interval and f.interval[1],
            "agreement": str(f.agreement),
        }
        for experiment in record.experiments
        for f in experiment.findings
    ]
    return pd.DataFrame(rows)
