"""Records that the first version wrote, brought into today's form before they are read."""

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
        name: _dimension(name, stated)
        for name, stated in spec["search"].items()
        if stated is not None
    }
    plan = {name: spec[name] for name in _PLAN} | {"eta_seeds": spec.get("eta_seeds", 1)}
    trials = [_trial(trial) for trial in result["trials"]]
    kept = {key: value for key, value in document.items() if key != "spec"}
    return {**kept, "plan": plan, "result": {**result, "space": space, "trials": trials}}


def _dimension(name: str, stated: Document) -> Document:
    if "choices" in stated:
        return {"choices": [_value(name, each) for each in stated["choices"]]}
    return dict(stated)


def _trial(trial: Document) -> Document:
    kept = {key: value for key, value in trial.items() if key != "attributes"}
    params = {name: _value(name, value) for name, value in trial["params"].items()}
    return {**kept, "params": params, **trial["attributes"]}


def _value(name: str, stored: Any) -> Any:
    return list(layer_sizes(stored)) if name == "hidden" else stored


def _tuning(document: Document) -> Document:
    return {**document, "study": _study(document["study"])}


_UPGRADES: Mapping[str, Callable[[Document], Document]] = {"study": _study, "tune": _tuning}
