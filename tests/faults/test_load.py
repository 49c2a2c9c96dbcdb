"""Many trials, many studies, many readers, a large table: time and memory stay within bounds.

The figures of docs/faults.md are those of `python -m benchmarks.load`; here it is smaller.
"""

import pytest

from benchmarks.load import (
    MOST_GROWTH,
    MOST_MULTIPLE,
    large_table,
    many_readers,
    many_studies,
    many_trials,
)

pytestmark = pytest.mark.long


def test_a_late_trial_costs_what_an_early_one_did() -> None:
    found = many_trials(600)
    assert found.growth < MOST_GROWTH, found
    assert found.late - found.early < 30, found  # MiB


def test_many_studies_are_listed_soon() -> None:
    found = many_studies(60)
    assert found.seconds < 60 * 0.05, found


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_a_large_table_takes_a_stated_multiple_of_its_size(suffix: str) -> None:
    found = large_table(100_000, suffix)
    assert found.multiple < MOST_MULTIPLE, found


def test_readers_do_not_disturb_a_study() -> None:
    found = many_readers(20, 60)
    assert found.trials == 60
    assert found.readings > 20
