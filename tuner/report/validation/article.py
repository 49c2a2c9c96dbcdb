"""What no `reproduce` could have written, though it has the right form."""

from collections.abc import Iterator

from tuner.records import Panel, ReproduceRecord
from tuner.report.validation.learning_rate import contradictions_in_search


def reproduce_contradictions(record: ReproduceRecord) -> Iterator[str]:
    """Describe where a record contradicts itself."""
    for i, experiment in enumerate(record.experiments):
        where = f"experiments.{i}"
        if not experiment.findings:
            yield f"{where}.findings is empty but must hold at least one"
        for j, panel in enumerate(experiment.panels):
            yield from _in_panel(f"{where}.panels.{j}", panel)
        search = experiment.eta_search
        if search is not None:
            yield from contradictions_in_search(f"{where}.eta_search", search)


def _in_panel(where: str, panel: Panel) -> Iterator[str]:
    for k, series in enumerate(panel.series):
        lengths = {len(series.x), len(series.y)}
        lengths |= {len(each) for each in (series.low, series.high) if each}
        if len(lengths) > 1 or bool(series.low) != bool(series.high):
            yield f"{where}.series.{k}: x, y, low and high must be of one length"
    if len({series.name for series in panel.series}) < len(panel.series):
        yield f"{where}.series: two have the same name"
