"""What a stored look into a network must not hold."""

import math
from base64 import b64decode
from collections.abc import Iterator

from tuner.records import Inspection


def inspection_contradictions(inspection: Inspection, classes: int) -> Iterator[str]:
    """Describe where it holds what no network could have done with so many classes."""
    if len(inspection.training_counts) != classes:
        found = len(inspection.training_counts)
        yield f"inspection.training_counts: {found} counts but {classes} classes"
    for index, (label, prediction, count) in enumerate(inspection.confusion):
        if not (0 <= label < classes and 0 <= prediction < classes and count > 0):
            yield f"inspection.confusion.{index}: holds an unknown class or no example"
    if not inspection.confusion:
        yield "inspection.confusion: holds no example"
    yield from _in_mistakes(inspection, classes)
    for index, layer in enumerate(inspection.layers):
        odd = len(layer.counts) % 2 == 1 and min(layer.counts) >= 0
        if not (odd and 0 < layer.width < math.inf and sum(layer.counts) > 0):
            yield f"inspection.layers.{index}: its bins are no histogram around 0"


def _in_mistakes(inspection: Inspection, classes: int) -> Iterator[str]:
    size = inspection.image_size
    needed = size[0] * size[1] if size else 0
    for index, each in enumerate(inspection.mistakes):
        where = f"inspection.mistakes.{index}"
        if not (0 <= each.label < classes and 0 <= each.prediction < classes):
            yield f"{where}: holds an unknown class"
        if _bytes(each.pixels) != needed:
            yield f"{where}.pixels: are not the {needed} bytes of its image"


def _bytes(pixels: str) -> int:
    try:
        return len(b64decode(pixels, validate=True))
    except ValueError:
        return -1
