"""The pages of `reproduce`: the article's experiments in its order, in English or Chinese."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from tuner.files import write_files
from tuner.records import (
    Agreement,
    Claim,
    ExperimentRecord,
    Finding,
    Panel,
    ReproduceRecord,
    Trained,
)
from tuner.report.charts.annotations import landmarks
from tuner.report.charts.article import draw_panels, panel_curves, panels_size
from tuner.report.charts.canvas import NARROW, WIDE, Size
from tuner.report.charts.learning_rate import draw_final_costs, final_costs
from tuner.report.document import (
    Column,
    Picture,
    Table,
    csv_download,
    light_picture,
    render,
    table,
)
from tuner.report.format import number
from tuner.report.html import ReportFiles
from tuner.report.pages.provenance import Provenance, data_and_environment
from tuner.report.pages.reproduce_texts import ExperimentText, Texts, texts
from tuner.report.sharing import Together, in_turn
from tuner.report.summaries.learning_rate import PlainVerdict

SHOWN_ROWS = 13
"""Of a longer line every second, third, … point stands in the table under its figure."""

LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Row:
    """A finding as the page shows it; `agreement` is its code, for the colour."""

    what: str
    published: str
    measured: str
    interval: str
    verdict: str
    agreement: str


@dataclass(frozen=True)
class Section:
    """One experiment on the page."""

    name: str
    title: str
    paragraphs: tuple[str, ...]
    rows: tuple[Row, ...]
    trained: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    opened: str


def write_reproduce(
    record: ReproduceRecord, folder: Path, language: str = "en", together: Together = in_turn
) -> ReportFiles:
    """Write `reproduce.html` (or `reproduce-zh.html`) and its figures, the same for both languages.

    Parameters
    ----------
    record
        What was found.
    folder
        Where to write; made if need be. Older files of the same names are replaced, whole.
    language
        `en` or `zh`.
    together
        Draws the figures; processes that share them are sooner done.

    Raises
    ------
    OutputError
        When the folder cannot be written to; then nothing is.
    """
    words = texts(language)
    sections = together([partial(_section, each, language) for each in record.experiments])
    pictures = [each for section in sections for each in section.pictures]
    values = {
        "language": LANGUAGE_TAGS[language],
        "t": words.words,
        "data_name": record.data.name,
        "lead": tuple(_lead(record, words)),
        "not_agreeing": tuple(_not_agreeing(sections)),
        "good": not any(_disagrees(f) for e in record.experiments for f in e.findings),
        "sections": sections,
        "provenance": _provenance(record),
        "downloads": (csv_download("reproduce.csv", findings_table(record)),),
    }
    suffix = "" if language == "en" else f"-{language}"
    page = f"reproduce{suffix}.html"
    contents = {f"{each.name}.png": each.png for each in pictures}
    *images, html = write_files(folder, contents | {page: render("reproduce.html.j2", values)})
    return ReportFiles(html, tuple(images))


def reproduce_verdict(record: ReproduceRecord) -> PlainVerdict:
    """Describe how many figures agree, for a notebook."""
    words = texts("en")
    count, rules, *more = _lead(record, words)
    facts = (
        (each.name, _row(each.findings[0], words.experiments[each.name], words))
        for each in record.experiments
    )
    return PlainVerdict(
        good=not any(_disagrees(f) for e in record.experiments for f in e.findings),
        headline=count,
        sentence=rules,
        advice=" ".join(more),
        facts=tuple((name, f"{row.measured} ({row.published})") for name, row in facts),
    )


def reproduce_picture(record: ReproduceRecord) -> Picture:
    """Return the picture of the first experiment that trained networks, else of the first."""
    words = texts("en")
    first = next((each for each in record.experiments if each.trained), record.experiments[0])
    return next(_pictures(first, words.experiments[first.name], words))


def _disagrees(finding: Finding) -> bool:
    return finding.agreement is Agreement.DISAGREES


def _lead(record: ReproduceRecord, words: Texts) -> Iterator[str]:
    every = [f.agreement for each in record.experiments for f in each.findings]
    agree, disagree, unclear = (
        every.count(each) for each in (Agreement.AGREES, Agreement.DISAGREES, Agreement.UNCLEAR)
    )
    judged = agree + disagree + unclear
    yield words.say("count", agree=agree, judged=judged, disagree=disagree, unclear=unclear)
    yield words.words["rules"]
    if not record.published_data:
        yield words.say("other_data", data=record.data.name)
    yield words.say("sealed", openings=record.test_openings, data=record.data.name)
    if record.omitted:
        yield words.say("omitted", names=", ".join(record.omitted))


def _not_agreeing(sections: list[Section]) -> Iterator[tuple[Section, Row]]:
    codes = (Agreement.DISAGREES, Agreement.UNCLEAR)
    return (
        (section, row) for section in sections for row in section.rows if row.agreement in codes
    )


def _section(experiment: ExperimentRecord, language: str) -> Section:
    words = texts(language)
    said = words.experiments[experiment.name]
    pictures = tuple(_pictures(experiment, said, words))
    return Section(
        name=experiment.name,
        title=said.title,
        paragraphs=tuple(said.text.strip().split("\n\n")),
        rows=tuple(_row(finding, said, words) for finding in experiment.findings),
        trained=tuple(_trained(each, words) for each in experiment.trained),
        pictures=pictures,
        tables=tuple(_panel_table(panel) for panel in experiment.panels),
        opened=words.words["opened" if experiment.test_openings else "not_opened"],
    )


def _row(finding: Finding, said: ExperimentText, words: Texts) -> Row:
    unit = words.words[f"unit_{finding.unit}"]
    interval = "–"
    if finding.interval is not None:
        low, high = (_figure(each, finding) for each in finding.interval)
        interval = words.say("interval", low=low, high=high)
    return Row(
        what=said.figures[finding.name],
        published=_published(finding, words),
        measured=f"{_figure(finding.measured, finding)}{unit}",
        interval=interval,
        verdict=words.words[f"verdict_{finding.agreement}"],
        agreement=str(finding.agreement),
    )


def _figure(value: float, finding: Finding) -> str:
    """Write a figure: percentages to two decimals, epochs to one."""
    if not math.isfinite(value):
        return "–"
    if finding.unit == "number":
        return number(value, 3)
    return f"{value:.1f}" if finding.unit == "epochs" else f"{value:.2f}"


def _published(finding: Finding, words: Texts) -> str:
    stated = "" if finding.published is None else number(finding.published)
    limit = number(finding.limit)
    if finding.claim is Claim.NEAR:
        return f"{stated} ± {limit}"
    if finding.claim is Claim.NONE:
        return "–"
    claimed = words.say(f"claim_{finding.claim}", limit=limit)
    return words.say("stated", figure=stated, claim=claimed) if stated else claimed


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


def _pictures(
    experiment: ExperimentRecord, said: ExperimentText, words: Texts
) -> Iterator[Picture]:
    if experiment.panels:
        yield _panels_picture(experiment, said, words)
    if experiment.eta_search is not None:
        search = experiment.eta_search
        points = final_costs(search)
        yield _picture(
            lambda size: draw_final_costs(points, landmarks(search), size),
            f"reproduce-{experiment.name}",
            said.title,
            words.say("alt_threshold", eta=number(search.eta), threshold=number(search.threshold)),
            (WIDE, NARROW),
        )


def _panels_picture(experiment: ExperimentRecord, said: ExperimentText, words: Texts) -> Picture:
    curves, panels = panel_curves(experiment), experiment.panels
    sizes = panels_size(panels, narrow=False), panels_size(panels, narrow=True)
    alt = words.say("alt", title=said.title, panels="; ".join(map(_told, panels)))
    return _picture(
        partial(draw_panels, curves, panels),
        f"reproduce-{experiment.name}",
        said.title,
        alt,
        sizes,
    )


def _told(panel: Panel) -> str:
    """Describe where each line of a panel begins and ends."""
    lines = (f"{s.name}: {number(s.y[0], 3)} → {number(s.y[-1], 3)}" for s in panel.series if s.y)
    return f"{panel.title}: {', '.join(lines)}"


def _picture(
    draw: Callable[[Size], Figure], name: str, title: str, alt: str, sizes: tuple[Size, Size]
) -> Picture:
    return light_picture(draw, name=name, title=title, alt=alt, sizes=sizes)


def _panel_table(panel: Panel) -> Table:
    """Return the lines of a panel side by side, thinned to a few rows."""
    frame = pd.DataFrame({s.name: pd.Series(s.y, index=s.x, dtype=float) for s in panel.series})
    step = -(-len(frame) // SHOWN_ROWS)
    shown = frame.iloc[::step] if len(frame) % step == 1 or step == 1 else frame.iloc[::-step][::-1]
    shown = shown.rename_axis("x").reset_index()
    columns = (
        Column("x", panel.x_title, partial(number, digits=5), numeric=True),
        *(Column(s.name, s.name, _shown, numeric=True) for s in panel.series),
    )
    return table(shown, panel.title, columns)


def _shown(value: float) -> str:
    return "–" if math.isnan(value) else number(value)


def _provenance(record: ReproduceRecord) -> Provenance:
    return Provenance(record.command, data_and_environment(record.data, record.environment))


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
