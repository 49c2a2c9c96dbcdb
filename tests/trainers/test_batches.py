"""Mini-batches as even as can be; NumPy cuts the same."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tuner.data import Part, load
from tuner.records import Hyperparameters
from tuner.trainers.batches import blocks, first_row, steps_in
from tuner.trainers.native import NativeTrainer
from tuner.training.eta_finder import ProbePlan, find_eta

SIZES = st.integers(1, 300)


@given(n=SIZES, m=SIZES)
def test_numpy_cuts_the_same(n: int, m: int) -> None:
    steps = steps_in(n, m)
    cut = [range(first_row(b, n, m), first_row(b + 1, n, m)) for b in range(steps)]
    expected = np.array_split(np.arange(n), steps)
    assert [list(each) for each in cut] == [each.tolist() for each in expected]
    assert max(map(len, cut)) <= m


@given(n=SIZES, m=SIZES, most=SIZES)
def test_blocks_hold_every_batch_once_in_order(n: int, m: int, most: int) -> None:
    every = [*blocks(n, m, most)]
    assert [b for each in every for b in range(each.first, each.last)] == [*range(steps_in(n, m))]
    for each in every:
        held = each.rows.stop - each.rows.start
        assert held == (each.last - each.first) * each.size
        assert held <= most or each.last == each.first + 1
        assert each.rows.start == first_row(each.first, n, m)


def test_two_examples_more_do_not_move_the_threshold() -> None:
    data = load("mnist-5k").tuning
    settings = Hyperparameters(
        eta=0.1, hidden=(30,), activation="relu", cost="log-likelihood", batch_size=32
    )

    def threshold(n: int) -> float:
        part = replace(data, train=Part(data.train.x[:n], data.train.y[:n]))
        return find_eta(NativeTrainer(part), settings, plan=ProbePlan(seeds=1)).threshold

    assert 2 / 3 <= threshold(1_602) / threshold(1_600) <= 3 / 2
