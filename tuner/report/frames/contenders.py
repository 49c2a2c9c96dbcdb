"""Who is compared, and how far two of them are apart.

Runs that differ in nothing but the seed belong together; a study stands alone. Accuracies are
kept by seed, so that two contenders can be paired on the seeds that both have.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import mean
from typing import Any, Literal

from tuner.errors import InputError
from tuner.records import DataSummary, Environment, Run, StudyRecord, TrainRecord
from tuner.report.fonts import drawable
from tuner.report.format import letter, listing, metric_name
from tuner.report.provenance import provenance
from tuner.stats import mean_interval, newcombe

Seed = tuple[int, int]
"""What drew the parts of the data, and what drew the network."""

Settings = dict[tuple[str, str], str]
"""Value in words by heading and name."""

_LONGEST_NAME, _NAMED_SETTINGS = 40, 3
_NO_SETTINGS = frozenset({"Environment"})


@dataclass(frozen=True)
class Contender:
    """One of those compared.

    Attributes
    ----------
    letter
        What figures call it.
    name
        What it is, in words: the settings that tell it from the others, or the names given.
    names
        The name given to each of its records.
    records
        Its runs, or its study.
    by_seed
        Best validation metric by seed; of a study that of its best trial.
    settings
        Its settings and data, each in words; where its runs differ, all values.
    metric
        What judges it.
    """

    letter: str
    name: str
    names: tuple[str, ...]
    records: tuple[TrainRecord | StudyRecord, ...]
    by_seed: dict[Seed, float]
    settings: Settings
    metric: str = "accuracy"

    @property
    def data(self) -> DataSummary:
        """The data of its first record."""
        return self.records[0].data

    @property
    def environment(self) -> Environment:
        """What its first record was made with."""
        return self.records[0].environment

    @property
    def mean(self) -> float:
        """The mean of its values; 0 where there are none."""
        return mean(self.by_seed.values()) if self.by_seed else 0.0

    @property
    def runs(self) -> tuple[tuple[int, Run], ...]:
        """Seed and run of each of its records that is a run."""
        return tuple(
            (r.settings.seed, r.result) for r in self.records if isinstance(r, TrainRecord)
        )

    @property
    def title(self) -> str:
        """Letter and name."""
        return f"{self.letter} ({self.name})"

    def comparable(self, other: "Contender") -> bool:
        """Whether both were validated on the same examples, in at least one split that they share.

        The number of training examples may differ.
        """
        alike = _validated_on(self.data) == _validated_on(other.data)
        return alike and not self._splits.isdisjoint(other._splits)

    @property
    def _splits(self) -> frozenset[int | None]:
        return frozenset(record.data.split_seed for record in self.records)


def _validated_on(data: DataSummary) -> tuple[object, ...]:
    """Return what the validation examples of a split depend on, beside its random seed."""
    return replace(data.identity, n_train=0, split_seed=None), data.classes


def contenders(
    records: Sequence[TrainRecord | StudyRecord], names: Sequence[str]
) -> tuple[Contender, ...]:
    """Put runs that differ in nothing but the seed together, in the order in which they came.

    Raises
    ------
    InputError
        When there is nothing to compare, or what there is cannot be compared.
    """
    _check(records, names)
    groups: dict[object, list[int]] = {}
    for index, record in enumerate(records):
        groups.setdefault(_key(record, index), []).append(index)
    members = [[records[i] for i in group] for group in groups.values()]
    settings = [_settings(group) for group in members]
    telling = differing(settings)
    given = [tuple(names[i] for i in group) for group in groups.values()]
    called = [_name(own, telling, names) for own, names in zip(settings, given, strict=True)]
    unique = len(set(called)) == len(called)
    return tuple(
        Contender(
            letter=letter(place),
            name=called[place] if unique else _listed(given[place]),
            names=given[place],
            records=tuple(members[place]),
            by_seed=_values(members[place]),
            settings=settings[place],
        )
        for place in range(len(groups))
    )


def _check(records: Sequence[Any], names: Sequence[str]) -> None:
    if not records:
        raise InputError("nothing to compare: give two or more runs, or studies.")
    if len(records) != len(names):
        raise InputError(f"{len(records)} records but {len(names)} names: give one for each.")
    kinds = {TrainRecord: "a run", StudyRecord: "a study"}
    found: dict[type, str] = {}
    for record, name in zip(records, names, strict=True):
        if type(record) not in kinds:
            raise InputError(f"{name}: is neither run nor study, the kinds that can be compared.")
        if record.data.task == "regression":
            raise InputError(f"{name}: predicts numbers: only runs of classes can be compared.")
        if isinstance(record, StudyRecord) and record.result.metric != "accuracy":
            raise InputError(
                f"{name}: ranks its trials by {metric_name(record.result.metric)}: only studies of"
                " accuracy can be compared."
            )
        found.setdefault(type(record), name)
    if len(found) > 1:
        each = listing([f"{name} is {kinds[kind]}" for kind, name in found.items()])
        raise InputError(f"{each}: compare runs with runs, or studies with studies.")


def _key(record: TrainRecord | StudyRecord, index: int) -> object:
    """Return what the runs of a group have in common; an η that was found follows from the seed."""
    if isinstance(record, StudyRecord):
        return index
    found = record.eta_search is not None
    alike = replace(record.settings, seed=0, eta=1.0 if found else record.settings.eta)
    # A run is split by its own seed unless told otherwise: the split seed is one of the seeds.
    return alike, found, record.strategy, replace(record.data, split_seed=None)


def _values(group: Sequence[TrainRecord | StudyRecord]) -> dict[Seed, float]:
    values: dict[Seed, float] = {}
    for record in group:
        first = record.settings.seed if isinstance(record, TrainRecord) else record.plan.seed
        split = first if record.data.split_seed is None else record.data.split_seed
        if isinstance(record, TrainRecord):
            values.setdefault((split, first), record.result.best_validation_accuracy)
        elif (best := record.result.best) is not None:
            values |= {(split, first + k): each for k, each in enumerate(best.network_values)}
    return values


def _settings(group: Sequence[TrainRecord | StudyRecord]) -> Settings:
    values: dict[tuple[str, str], list[str]] = {}
    for record in group:
        for heading, pairs in provenance(record).groups:
            for name, value in pairs:
                values.setdefault((heading, name), []).append(value)
    return {key: ", ".join(dict.fromkeys(each)) for key, each in values.items()}


def differing(settings: Sequence[Settings]) -> list[tuple[str, str]]:
    """Return heading and name of each setting that is not the same for all, in order."""
    keys = dict.fromkeys(key for own in settings for key in own)
    return [key for key in keys if len({own.get(key) for own in settings}) > 1]


def _name(own: Settings, telling: Sequence[tuple[str, str]], names: Sequence[str]) -> str:
    """Call a contender by the settings that tell it from the others, when they are few."""
    said = [
        f"{_SYMBOLS.get(name, name)} {own.get((heading, name), 'none')}".lstrip()
        for heading, name in telling
        if heading not in _NO_SETTINGS and name not in ("seed", "SHA-256")
    ]
    words = ", ".join(said)
    if 0 < len(said) <= _NAMED_SETTINGS and len(words) <= _LONGEST_NAME and drawable(words):
        return words
    return _listed(names)


_SYMBOLS = {"eta": "η", "lambda": "λ", "regularization": ""}


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 1
    return names[0] + (f" and {more} more" if more else "")


Basis = Literal["seeds", "both", "folds", "examples", "nothing"]


@dataclass(frozen=True)
class Difference:
    """What one contender is better by than another, by a metric.

    Attributes
    ----------
    first, second
        Letters of the contenders.
    seeds
        The seeds that both have.
    differences
        First less second, seed by seed.
    value, low, high
        The difference and its 95 % interval; NaN where they cannot be compared.
    basis
        What the interval speaks of: other `seeds` (Student's t over pairs), other validation
        `examples` with these same seeds (Newcombe), or `both`; of `folds`, all examples by networks
        that had not seen them; `nothing` where the data are not the same.
    metric
        What judges them.
    """

    first: str
    second: str
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    value: float
    low: float
    high: float
    basis: Basis
    metric: str = "accuracy"

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def difference(first: Contender, second: Contender) -> Difference:
    """Pair two contenders by seed, and give how far they are apart.

    Runs of one seed share their examples and first weights, so what the seed brings cancels out.
    With fewer than two shared seeds, or the same difference at all of them, there is no spread to
    judge by; the interval is then that of the validation examples.
    """
    shared = [seed for seed in first.by_seed if seed in second.by_seed]
    if not first.comparable(second):
        return _apart(first, second, (), (math.nan, math.nan, math.nan), "nothing")
    differences = tuple(first.by_seed[s] - second.by_seed[s] for s in shared)
    pairs = tuple(zip((seed for _, seed in shared), differences, strict=True))
    if len({round(each, 12) for each in differences}) > 1:
        bounds = mean_interval(differences)
        return _apart(first, second, pairs, (mean(differences), *bounds), "seeds")
    ours, theirs = (
        mean(each.by_seed[seed] for seed in shared) if shared else each.mean
        for each in (first, second)
    )
    bounds = newcombe(ours, theirs, (first.data.n_validation, second.data.n_validation))
    return _apart(first, second, pairs, (ours - theirs, *bounds), "examples")


def _apart(
    first: Contender,
    second: Contender,
    pairs: Sequence[tuple[int, float]],
    bounds: tuple[float, float, float],
    basis: Basis,
) -> Difference:
    return Difference(
        first=first.letter,
        second=second.letter,
        seeds=tuple(seed for seed, _ in pairs),
        differences=tuple(each for _, each in pairs),
        value=bounds[0],
        low=bounds[1],
        high=bounds[2],
        basis=basis,
    )


def ranked(every: Sequence[Contender]) -> tuple[Contender, ...]:
    """Return those measured on the same data as most others, the best first."""
    if not every:
        return ()
    most = max(every, key=lambda each: sum(each.comparable(other) for other in every))
    alike = (each for each in every if each.comparable(most))
    return tuple(sorted(alike, key=lambda each: -each.mean))


def against_winner(every: Sequence[Contender]) -> tuple[Difference, ...]:
    """Return what the best contender is better by than each of the others, the nearest first."""
    winner, *others = ranked(every)
    return tuple(difference(winner, other) for other in others)


def all_pairs(every: Sequence[Contender]) -> tuple[Difference, ...]:
    """Return the difference of every two contenders, the better one first."""
    return tuple(
        difference(*sorted(pair, key=lambda each: -each.mean)) for pair in combinations(every, 2)
    )
