import math
from collections.abc import Callable

import pytest

from tuner.records import EtaSearch, Judgement, Verdict
from tuner.report.format import count, listing, number
from tuner.report.frames.training import judgement_table, probe_table


def test_judgement_table_has_one_row_for_each_eta(search: EtaSearch) -> None:
    frame = judgement_table(search)
    assert frame["eta"].tolist() == [each.eta for each in search.judgements]
    assert frame["seeds"].tolist() == [3] * 10
    assert frame["final_cost"].iloc[3] == search.judgements[3].costs[-1]
    assert frame["reason"].iloc[0] == search.judgements[0].reason


def test_judgement_table_tells_the_sides_of_the_threshold(search: EtaSearch) -> None:
    frame = judgement_table(search).set_index("eta")
    assert frame["learning"][0.01]
    assert not frame["learning"][1.778]
    assert frame["agreeing"][1.778] == 2


def test_lowest_cost_leaves_out_the_cost_before_training(
    make_search: Callable[..., EtaSearch],
) -> None:
    probe = make_search(etas=(1.0,), seeds=(0,)).probes[0]
    rising = type(probe)(
        eta=1.0,
        seed=0,
        verdict=Verdict.OSCILLATING,
        reason="",
        epochs=(0.0, 1.0, 2.0),
        costs=(1.0, 5.0, 4.0),
    )
    frame = judgement_table(make_search(probes=(rising,)))
    assert frame.loc[0, "lowest_cost"] == 4


def test_diverged_costs_become_nan(search: EtaSearch) -> None:
    last = judgement_table(search).iloc[-1]
    assert math.isnan(last["final_cost"])
    assert math.isnan(last["against_baseline"])
    assert last["lowest_cost"] < math.inf


def test_probe_table_is_long(search: EtaSearch) -> None:
    frame = probe_table(search)
    assert list(frame) == ["eta", "seed", "epoch", "cost"]
    assert len(frame) == 10 * 3 * 13
    assert frame["cost"].isna().sum() == 3 * 5


def test_tables_of_nothing_are_empty(make_search: Callable[..., EtaSearch]) -> None:
    nothing = make_search(probes=())
    assert judgement_table(nothing).empty
    assert probe_table(nothing).empty


@pytest.mark.parametrize(
    ("costs", "expected"), [((), math.nan), ((1.0, math.inf), math.nan), ((1.0, 2.0), 2.0)]
)
def test_final_cost(costs: tuple[float, ...], expected: float) -> None:
    epochs = tuple(map(float, range(len(costs))))
    made = Judgement(eta=1.0, verdict=Verdict.SLOW, reason="", epochs=epochs, costs=costs)
    assert made.final_cost == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1 / 3, "0.3333"),
        (0.0001, "0.0001"),
        (99.996, "100"),
        (9999.6, "10000"),
        (123456.0, "123456"),
        (1e-8, "1e-8"),
        (3.16e-5, "3.16e-5"),
        (1e6, "1e6"),
        (-2.0, "-2"),
        (math.inf, "not finite"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5000"), (3.0, "3.000"), (9999.7, "10000"), (1234.5, "1234")]
)
def test_padded_number(value: float, text: str) -> None:
    assert number(value, 4, pad=True) == text


def test_listing_and_count() -> None:
    assert listing([]) == ""
    assert listing(["a", "b"]) == "a and b"
    assert count(0, "seed") == "0 seeds"
