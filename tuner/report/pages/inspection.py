"""What a network gets wrong, and its weights, as a part of a report."""

from collections.abc import Iterator, Sequence

from tuner.records import DataSummary, Inspection
from tuner.report.charts.inspection import (
    LISTED_CLASSES,
    confusion_figure,
    mistakes_figure,
    weights_figure,
    with_names,
)
from tuner.report.document import (
    Columns,
    Download,
    Folded,
    Part,
    Table,
    Text,
    csv_download,
    shares,
    whole,
)
from tuner.report.frames.inspection import (
    class_table,
    confusion_table,
)
from tuner.report.summaries.inspection import confusion_words


def inspection_evidence(inspection: Inspection, data: DataSummary) -> Iterator[Part]:
    """Return what a network gets wrong, in words and figures, and its weights."""
    names = data.classes
    yield from (Text(sentence) for sentence in confusion_words(inspection, names))
    yield confusion_figure(inspection, names)
    if inspection.image_size and inspection.mistakes:
        yield mistakes_figure(inspection, names, inspection.image_size)
    yield weights_figure(inspection)
    yield Folded("Each class on its own", (_classes(inspection, names),))


def confusion_download(inspection: Inspection, data: DataSummary) -> Download:
    """Return how often which label is taken for what, as CSV."""
    return csv_download("confusion.csv", with_names(confusion_table(inspection), data.classes))


def _classes(inspection: Inspection, classes: Sequence[str]) -> Table:
    frame = class_table(inspection).head(LISTED_CLASSES)
    frame["label"] = [classes[index] for index in frame["label"]]
    columns: Columns = {
        "label": "class",
        "training": whole("training examples"),
        "validation": whole("validation examples"),
        "right": shares("right", 1),
    }
    cut = f" (the first {LISTED_CLASSES})" if len(classes) > LISTED_CLASSES else ""
    return Table(f"Accuracy of each class{cut}", frame, columns, sortable=True)
