"""The share of the threshold that is advised."""

import pytest

from tuner.errors import OptionError
from tuner.network.optimizers import OPTIMIZERS
from tuner.records import EtaSearch, Outcome
from tuner.settings import Strategy, settings_of
from tuner.strategies.shares import advised_for, share_of

SCHEDULES = settings_of(Strategy)["schedule"].choices


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_has_a_share_under_each_schedule(optimizer: str, schedule: str) -> None:
    assert 0 < share_of(optimizer, schedule) <= 1


@pytest.mark.parametrize("schedule", ["constant", "halving", "planned"])
def test_plain_descent_takes_half_the_threshold(schedule: str) -> None:
    assert share_of("sgd", schedule) == 0.5


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_peak_is_at_least_as_high_as_an_eta_that_is_kept(optimizer: str) -> None:
    assert share_of(optimizer, "one-cycle") >= share_of(optimizer, "constant")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(OptionError, match="schedule must be"):
        share_of("sgd", "steady")
    with pytest.raises(OptionError, match="optimizer must be"):
        share_of("rprop", "constant")


def test_the_threshold_of_a_search_stays() -> None:
    search = EtaSearch(
        eta=0.5, threshold=1.0, bracket=(1.0, 1.3), outcome=Outcome.FOUND, baseline=3.2,
        judgements=(), probes=(), spent=9.0, seconds=2.0,
    )  # fmt: skip
    advised = advised_for(search, "momentum", "constant")
    assert (advised.eta, advised.threshold) == (share_of("momentum", "constant"), 1.0)
