"""Records that the first version wrote, brought into today's form before they are read."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tuner.records import layer_sizes

Document = dict[str, Any]

_PLAN = {"title", "data", "network", "train", "eta", "trials", "batch", "seeds", "rungs", "keep"}
_PLAN |= {"sampler", "seed"}


def upgraded(kind: str, document: Document) -> Document:
    """Return the record of a `records.json` of version 1 as version 2 writes it.

    Parameters
    ----------
    kind
        Of the record, such as `study`.
    document
        The record's keys; not changed.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        When the document is none that version 1 wrote.
    """
    return _UPGRADES.get(kind, dict)(document)


def _study(document: Document) -> Document:
    spec = document["spec"]
    result = document["result"]
    space = {
        name: {"choices": [_value(name, each) for each in stated["choices"]]}
        if "choices" in stated
        else stated
        for name, stated in spec["search"].items()
        if stated is not None
    }
    plan = {name: spec[name] for name in _PLAN} | {"eta_seeds": spec.get("eta_seeds", 1)}
    trials = [_trial(trial) for trial in result["trials"]]
    kept = {key: value for key, value in document.items() if key != "spec"}
    return {**kept, "plan": plan, "result": {**result, "space": space, "trials": trials}}


def _trial(trial: Document) -> Document:
    kept = {key: value for key, value in trial.items() if key != "attributes"}
    params = {name: _value(name, value) for name, value in trial["params"].items()}
    return {**kept, "params": params, **trial["attributes"]}


def _value(name: str, stored: Any) -> Any:
    return list(layer_sizes(stored)) if name == "hidden" else stored


def _tuning(document: Document) -> Document:
    steps = [{key: step[key] for key in ("name", "seconds")} for step in document["steps"]]
    left_out = [_shortfall(sentence) for sentence in document["left_out"]]
    study = _study(document["study"])
    return {**document, "steps": steps, "left_out": left_out, "study": study}


def _shortfall(sentence: str) -> Document:
    """Return the fact that a sentence of version 1 stands for.

    Examples
    --------
    >>> _shortfall("The trials of the study trained on 6,000 of 50,000 examples.")
    {'what': 'trial-examples', 'had': 6000, 'wanted': 50000}
    """
    (what,) = (what for begins, what in _LEFT_OUT.items() if sentence.startswith(begins))
    amounts = [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", sentence)]
    had, wanted = [*amounts, 0, 0][:2]
    return {"what": what, "had": had, "wanted": wanted}


_LEFT_OUT = {
    "Overfitting was looked at": "overfitting-examples",
    "Dropout was not tried": "dropout",
    "Distorted images": "distort",
    "Sizes below": "small-sizes",
    "In the study one η": "eta-for-each-size",
    "The trials of the study trained on": "trial-examples",
    "The trials of the study trained for": "trial-epochs",
    "The candidates were compared": "comparison-epochs",
    "Each candidate was trained on": "seeds",
}


_UPGRADES: Mapping[str, Callable[[Document], Document]] = {"study": _study, "tune": _tuning}
