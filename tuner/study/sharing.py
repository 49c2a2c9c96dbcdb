"""How the networks of a batch are distributed over tasks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tuner.records import DataSummary, Hyperparameters
from tuner.study.batches import Key
from tuner.training.loop import Training

TASKS_PER_WORKER = 2
"""Tasks for each worker at a rung: more of them share the work more evenly, fewer train faster."""

STEP_OVERHEAD = 5_000
"""Overhead of a mini-batch, in multiplications."""


def epoch_work(settings: Hyperparameters, data: DataSummary) -> float:
    """Estimate the work of an epoch, in multiplications for each training example."""
    sizes = (data.n_features, *settings.hidden, len(data.classes))
    return sum(a * b for a, b in pairwise(sizes)) + STEP_OVERHEAD / settings.batch_size


def epochs_ahead(done: int, rungs: Sequence[int], last: int, keep: float) -> float:
    """Return the expected number of epochs that a network still trains, pruning included.

    Parameters
    ----------
    done
        Its epochs so far.
    rungs, last, keep
        The rungs, the last epoch, and the share of a batch that survives each rung.

    Examples
    --------
    >>> epochs_ahead(0, (4, 12), 40, keep=0.5), epochs_ahead(10, (4, 12), 40, keep=0.5)
    (15.0, 16.0)
    """
    left, share = 0.0, 1.0
    for begin, end in pairwise((0, *rungs, last)):
        if done < end:
            left += share * (end - max(begin, done))
            share *= keep
    return left


def share_out(
    networks: Mapping[Key, Training[Any]], data: DataSummary, most: float
) -> list[tuple[Key, ...]]:
    """Return groups of networks for one task each, the most work first.

    Parameters
    ----------
    most
        Most work of a task, roughly; networks of one shape train together up to that.
    """
    work = {key: epoch_work(network.settings, data) for key, network in networks.items()}
    alike: dict[tuple[object, ...], list[Key]] = defaultdict(list)
    for key, network in networks.items():
        s = network.settings
        alike[s.hidden, s.batch_size, s.activation, s.cost, s.own].append(key)
    groups = []
    for keys in alike.values():
        pieces = min(len(keys), max(1, round(sum(work[key] for key in keys) / most)))
        groups += [tuple(keys[i::pieces]) for i in range(pieces)]
    return sorted(groups, key=lambda keys: -sum(work[key] for key in keys))
