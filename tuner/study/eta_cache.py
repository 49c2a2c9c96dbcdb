"""The η of a trial: one threshold search per network, and another where λ shifts it."""

import math
from dataclasses import replace

from tuner.records import EtaSearch, Hyperparameters
from tuner.strategies.shares import advised_for
from tuner.study.batches import EtaFile
from tuner.study.spec import StudySpec

MOVED_BY = 0.1
"""λ shifts the threshold if it shrinks the weights by more than this share in an epoch."""

STEPS_PER_DECADE = 2
"""Values of λ this close share one search."""


class Etas:
    """The learning rates of a study that are known so far.

    A search depends on its settings alone, so η does not depend on earlier trials.

    Parameters
    ----------
    spec
        Says whether η is found, searched or given.
    file
        Where searches are stored.
    """

    def __init__(self, spec: StudySpec, file: EtaFile) -> None:
        self._spec, self._file = spec, file
        self._known = file.load()

    def open_question(self, settings: Hyperparameters) -> Hyperparameters | None:
        """Return the settings whose η must be found first; None if that of these is known."""
        if self._spec.eta != "find":
            return None
        plain = self._without_lambda(settings)
        if plain not in self._known:
            return plain
        question = self._question(settings)
        return None if question in self._known else question

    def learn(self, question: Hyperparameters, found: EtaSearch) -> None:
        """Store the search for the settings of `open_question`."""
        self._known[question] = found
        self._file.save(self._known)

    def eta(self, settings: Hyperparameters, schedule: str) -> float:
        """Return the highest η of a schedule for settings without an open question."""
        if self._spec.eta != "find":
            return settings.eta
        search = self._known[self._question(settings)]
        return advised_for(search, settings.optimizer, schedule).eta

    def _without_lambda(self, settings: Hyperparameters) -> Hyperparameters:
        return replace(settings, lambda_=0.0, eta=0.01, seed=self._spec.seed)

    def _question(self, settings: Hyperparameters) -> Hyperparameters:
        plain = self._without_lambda(settings)
        eta = self._known[plain].eta
        if eta * settings.lambda_ / settings.batch_size <= MOVED_BY:
            return plain
        position = round(math.log10(settings.lambda_) * STEPS_PER_DECADE)
        return replace(plain, lambda_=float(f"{10 ** (position / STEPS_PER_DECADE):.3g}"))
