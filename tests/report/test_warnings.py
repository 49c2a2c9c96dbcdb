from collections.abc import Callable
from dataclasses import replace

import pytest

from tuner.records import ADVICE, EtaSearch, Outcome
from tuner.report.checks.learning_rate import ETA_CHECKS

SearchMaker = Callable[..., EtaSearch]


def codes(search: EtaSearch) -> list[str]:
    return [warning.code for warning in ETA_CHECKS.run(search)]


@pytest.fixture
def calm(make_search: SearchMaker) -> EtaSearch:
    """Return a search that nothing is to be said against."""
    search = make_search()
    probes = tuple(probe for probe in search.probes if probe.eta != 1.778)
    judgements = tuple(each for each in search.judgements if each.eta != 1.778)
    return replace(search, probes=probes, judgements=judgements)


def test_a_sound_search_raises_no_warning(calm: EtaSearch) -> None:
    assert codes(calm) == []


def test_few_seeds(calm: EtaSearch) -> None:
    two = tuple(probe for probe in calm.probes if probe.seed < 2)
    assert codes(replace(calm, probes=two)) == ["W101"]
    (warning,) = ETA_CHECKS.run(replace(calm, probes=two[:1]))
    assert "1 seed only" in warning.text


@pytest.mark.parametrize(
    ("bracket", "expected"),
    [((1.0, 4 / 3), []), ((1.0, 1.34), ["W102"]), ((1.0, None), []), ((None, 1.0), [])],
)
def test_wide_bracket(
    calm: EtaSearch, bracket: tuple[float | None, float | None], expected: list[str]
) -> None:
    assert codes(replace(calm, bracket=bracket)) == expected


@pytest.mark.parametrize("outcome", [Outcome.NO_LEARNING, Outcome.NO_UPPER_LIMIT])
def test_outcome_not_found_brings_its_advice(calm: EtaSearch, outcome: Outcome) -> None:
    (warning,) = ETA_CHECKS.run(replace(calm, outcome=outcome))
    assert warning.code == "W103"
    assert warning.advice == ADVICE[outcome]


@pytest.mark.parametrize(("threshold", "side"), [(0.01, "smallest"), (10.0, "largest")])
def test_threshold_at_the_edge(calm: EtaSearch, threshold: float, side: str) -> None:
    (warning,) = ETA_CHECKS.run(replace(calm, threshold=threshold))
    assert warning.code == "W104"
    assert side in warning.text


def test_cost_above_that_of_a_constant(calm: EtaSearch) -> None:
    assert codes(replace(calm, baseline=0.2)) == ["W105"]
    assert codes(replace(calm, eta=9.0)) == ["W105"]
    assert codes(replace(calm, eta=1e-4)) == []


def test_seeds_disagree(search: EtaSearch) -> None:
    (warning,) = ETA_CHECKS.run(search)
    assert warning.code == "W106"
    assert "1.778" in warning.text
