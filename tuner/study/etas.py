"""Which η a trial trains with: by the threshold, once for each network, again when λ moves it."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from tuner.records import EtaSearch, Hyperparameters, to_json
from tuner.study.batches import EtaFile
from tuner.study.spec import StudySpec
from tuner.study.tasks import FindEta
from tuner.study.workers import Workers

MOVED_BY = 0.1
"""λ moves the threshold where it shrinks the weights by more than this share in an epoch."""

STEPS_PER_DECADE = 2
"""λ that lie this close share one search."""


class Etas:
    """The learning rates of a study.

    Parameters
    ----------
    spec
        Says whether η is found, searched or given.
    file
        Where searches are kept.
    """

    def __init__(self, spec: StudySpec, file: EtaFile) -> None:
        self._spec, self._file = spec, file
        self._known = file.load()

    def find(
        self, settings: Sequence[Hyperparameters], workers: Workers, say: Callable[[str], None]
    ) -> list[float]:
        """Give the η of each trial, searching where it is not known yet.

        A search depends on its question alone, so η does not depend on which trials came before.
        """
        if self._spec.eta != "find":
            return [s.eta for s in settings]
        self._search([self._without_lambda(s) for s in settings], workers, say)
        questions = [self._question(s) for s in settings]
        self._search(questions, workers, say)
        return [self._known[_key(q)].eta for q in questions]

    def search_for(self, settings: Hyperparameters) -> EtaSearch:
        """Give the search that the η of these settings comes from."""
        return self._known[_key(self._question(settings))]

    def _without_lambda(self, settings: Hyperparameters) -> Hyperparameters:
        return replace(settings, lambda_=0.0, eta=0.01, seed=self._spec.seed)

    def _question(self, settings: Hyperparameters) -> Hyperparameters:
        plain = self._without_lambda(settings)
        eta = self._known[_key(plain)].eta
        if eta * settings.lambda_ / settings.batch_size <= MOVED_BY:
            return plain
        position = round(math.log10(settings.lambda_) * STEPS_PER_DECADE)
        return replace(plain, lambda_=float(f"{10 ** (position / STEPS_PER_DECADE):.3g}"))

    def _search(
        self, questions: Sequence[Hyperparameters], workers: Workers, say: Callable[[str], None]
    ) -> None:
        new = {_key(q): q for q in questions if _key(q) not in self._known}
        if not new:
            return
        say(f"finding η for {len(new)} networks" if len(new) > 1 else "finding η")
        tasks = [FindEta(question, self._spec.eta_seeds) for question in new.values()]
        for i, found in workers.run(tasks):
            self._known[list(new)[i]] = found
            self._file.save(self._known)


def _key(question: Hyperparameters) -> str:
    return json.dumps(to_json(question))
