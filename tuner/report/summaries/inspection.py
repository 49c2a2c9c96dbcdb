"""What a network confuses, in plain words."""

from collections.abc import Sequence

from tuner.records import Inspection
from tuner.report.format import count, listing, percent
from tuner.report.frames.inspection import class_table, confused_pairs, confusion_table

NAMED_PAIRS = 5


def confusion_words(inspection: Inspection, classes: Sequence[str]) -> tuple[str, ...]:
    """Describe what is confused with what, and which class is the hardest.

    Examples
    --------
    >>> seen = Inspection(training_counts=(6, 2), confusion=((0, 0, 3), (0, 1, 1), (1, 1, 2)),
    ...     image_size=None, mistakes=(), layers=())
    >>> confusion_words(seen, ("cat", "dog"))[0]
    '1 of 6 validation examples is wrong. Most often: cat taken for dog (1×).'
    """
    pairs, every = confused_pairs(inspection), confusion_table(inspection)["count"].sum()
    wrong = int(pairs["count"].sum())
    if not wrong:
        return (f"All {every} validation examples are right.",)
    top = pairs.head(NAMED_PAIRS)
    most = [
        f"{classes[label]} taken for {classes[prediction]} ({times}×)"
        for label, prediction, times in zip(
            top["label"], top["prediction"], top["count"], strict=True
        )
    ]
    verb = "is" if wrong == 1 else "are"
    frame = class_table(inspection)
    worst = frame.iloc[int(frame["right"].fillna(2).argmin())]
    accuracy, balanced = inspection.accuracy, inspection.balanced_accuracy
    return (
        f"{wrong} of {every} validation examples {verb} wrong. Most often: {listing(most)}.",
        f"Hardest is class {classes[int(worst['label'])]}: {percent(worst['right'], 1)} of"
        f" {count(int(worst['validation']), 'example')} right. Over all examples it is"
        f" {percent(accuracy)}; the mean over the classes, the balanced accuracy, is"
        f" {percent(balanced)}.",
    )
