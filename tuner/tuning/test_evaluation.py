"""The one opening of the test part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuner.data import Dataset
from tuner.records import Judged, Record
from tuner.storage.models import Model
from tuner.storage.run_store import RunStore


@dataclass(frozen=True, kw_only=True)
class Openings(Record):
    """How often the test part was opened, noted before it is: a kill cannot hide an opening."""

    openings: int = 0


def judge(data: Dataset, chosen: Model, models: Sequence[Model], memory: RunStore) -> Judged:
    """Open the test part and judge the chosen model by it, and those of the other seeds beside it.

    Parameters
    ----------
    data
        Its test part is opened.
    chosen, models
        The model that was chosen, and those of the same settings of every seed.
    memory
        Keeps count of the openings.
    """
    openings = (memory.load("openings", Openings) or Openings()).openings + 1
    memory.save("openings", Openings(openings=openings))
    part = data.open_test()
    right = chosen.predict(part.x) == part.y
    return Judged(
        n=part.n,
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean([right[part.y == c].mean() for c in np.unique(part.y)])),
        over_seeds=tuple(model.accuracy(part.x, part.y) for model in models),
        openings=openings,
    )
