"""The settings of the chosen network as a file that `train` and `study run` accept."""

import re
from pathlib import Path
from typing import Any

import tomli_w

from tuner.data.files import digest
from tuner.records import Hyperparameters, TuneRecord
from tuner.study.spec import LONGEST_NAME
from tuner.tuning.request import TuneRequest
from tuner.tuning.steps.search import data_part, network_part

HEADING = """\
# What tune chose. {what}:
#     python -m tuner train --settings {name}
# A study around it (eta = "find" finds the learning rate anew for each network shape):
#     python -m tuner study run {name}

"""

SAME = "The same model again, bit for bit on the same kind of machine"

ALONE = "Of the committee the best kind of network, alone, on the same folds"


def settings_text(record: TuneRecord, request: TuneRequest, name: str) -> str:
    """Return the text of the file; what is searched around the settings is λ and the hidden size.

    Parameters
    ----------
    record
        Says what was chosen.
    request
        Names the data.
    name
        Of the file, for the commands in its heading.
    """
    settings, strategy, folds = record.settings, record.final.strategy, record.final.folds
    runs = record.final.candidates[record.final.winner].runs
    train = {k: v for k, v in vars(strategy).items() if k != "seconds" and v is not None}
    if strategy.patience is None:
        train["patience"] = "off"
    content: dict[str, Any] = {
        "name": "",
        "title": "around the settings that tune chose",
        "seed": runs[0].settings.seed,
        "seeds": len(runs) // (folds or 1),
        **({"folds": folds} if folds else {}),
        "eta": settings.eta,
        "data": {k: v for k, v in data_part(request).items() if v is not None},
        "network": network_part(settings),
        "train": train,
        "search": _around(settings),
    }
    content["name"] = _study_name(request.source, tomli_w.dumps(content))
    what = ALONE if folds and len(record.final.candidates) > 1 else SAME
    return HEADING.format(name=name, what=what) + tomli_w.dumps(content)


def _study_name(source: str, content: str) -> str:
    """Name the study after the data and the content of its file: no two files share a name.

    Examples
    --------
    >>> _study_name("data/my wine.csv", "eta = 0.5")
    'around-my-wine-c411d8e9'
    """
    data = re.sub(r"[^\w.-]+", "-", Path(source).stem, flags=re.ASCII)[: LONGEST_NAME // 2]
    return f"around-{data}-{digest(content.encode())[:8]}"


def _around(settings: Hyperparameters) -> dict[str, Any]:
    middle = settings.lambda_ or 1.0
    around: dict[str, Any] = {"lambda": {"low": middle / 10, "high": middle * 10, "log": True}}
    if not settings.hidden:
        return around
    sizes = sorted({max(1, settings.hidden[0] // 2), settings.hidden[0], settings.hidden[0] * 2})
    return around | {"hidden": {"choices": [[size, *settings.hidden[1:]] for size in sizes]}}
