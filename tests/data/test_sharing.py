"""Rows shared out by groups and by time, into parts and into folds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from tuner.data import Dataset, load
from tuner.data.folds import folds_for, folds_of
from tuner.data.sharing import cut_times, deal_groups
from tuner.errors import DataError, OptionError, TunerError

pytestmark = pytest.mark.filterwarnings("ignore::tuner.errors.DataWarning")


def table(seed: int = 0, n: int = 120, groups: int = 30) -> pd.DataFrame:
    """Rows with a number of their own, `row`, a group, and a day; the kind depends on none."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "row": rng.permutation(n) + 0.5,
            "who": np.char.add("p", rng.integers(0, groups, n).astype(str)),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 60, n), "D"),
            "kind": rng.choice(["a", "b", "b"], n),
        }
    )


def numbers_of(data: Dataset) -> list[np.ndarray]:
    """What stands in `row`, of training and validation part together and of the test part."""
    assert data.raw is not None
    place = data.raw.number_names.index("row")
    seen, test = data.raw.numbers[:, place], data._raw_test
    assert test is not None
    return [seen[: data.train.n], seen[data.train.n :], test.numbers[:, place]]


@given(st.integers(0, 10_000), st.integers(12, 60), st.sampled_from([None, 0.0, 0.1, 0.4]))
@settings(max_examples=25, deadline=None)
def test_no_group_and_no_row_is_in_two_parts_or_folds(
    seed: int, groups: int, test_size: float | None
) -> None:
    frame = table(seed, groups=groups)
    who = dict(zip(frame["row"], frame["who"], strict=True))
    data = load(frame, target="kind", groups="who", test_size=test_size, seed=seed)
    parts = numbers_of(data)
    assert sorted(np.concatenate(parts)) == sorted(frame["row"])
    assert len(set(frame["who"])) == sum(len({who[row] for row in part}) for part in parts)
    assert "who" not in data.feature_names
    assert set(data.train.y) == {0, 1}
    rows = np.concatenate(parts[:2])
    folds = folds_of(data, 4)
    assert sorted(np.concatenate([fold.rows for fold in folds])) == list(range(len(rows)))
    judged = [{who[row] for row in rows[fold.rows]} for fold in folds]
    assert sum(map(len, judged)) == len(set.union(*judged))
    for fold in folds:
        assert fold.tuning.train.n <= len(rows) - len(fold.rows)


def unevenness(place: np.ndarray, y: np.ndarray) -> float:
    counts = np.array([np.bincount(y[place == part], minlength=3) for part in range(5)])
    return float((counts / counts.sum(axis=0)).std(axis=0).mean())


@given(st.integers(0, 10_000), st.integers(20, 80))
@settings(max_examples=25, deadline=None)
def test_groups_are_dealt_as_evenly_as_by_scikit_learn(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    groups, y = rng.integers(0, count, 300), rng.integers(0, 3, 300)
    ours = deal_groups(groups, y, [0.2] * 5, rng)
    theirs = np.empty(300, int)
    split = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(y, y, groups)
    for fold, (_, rows) in enumerate(split):
        theirs[rows] = fold
    assert unevenness(ours, y) <= unevenness(theirs, y) + 0.02


def test_the_parts_have_the_shares_asked_for() -> None:
    frame = table(n=2_000, groups=400)
    for test_size in (0.0, 0.1, 0.3):
        data = load(frame, target="kind", groups="who", test_size=test_size)
        rest = 1 - test_size
        found = (data.train.n, data.validation.n, data.summary.n_test)
        assert np.abs(np.array(found) / 2_000 - (0.75 * rest, 0.25 * rest, test_size)).max() < 0.01


def test_a_class_of_one_group_trains() -> None:
    frame = table(n=300)
    frame.loc[frame["who"] == "p7", "kind"] = "rare"
    data = load(frame, target="kind", groups="who")
    assert set(data.train.y) == {0, 1, 2}
    with pytest.raises(OptionError, match=r"^folds must be left out: class 'rare' lies in one"):
        folds_of(data, 5)
    assert folds_for(data) is None


@given(st.integers(0, 10_000), st.integers(5, 400), st.sampled_from([None, 0.1, 0.4]))
@settings(max_examples=25, deadline=None)
def test_later_rows_judge(seed: int, days: int, test_size: float | None) -> None:
    frame = table(seed)
    rng = np.random.default_rng(seed)
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, days, 120), "D")
    when = dict(zip(frame["row"], frame["when"], strict=True))
    data = load(frame, target="kind", time="when", test_size=test_size, seed=seed)
    parts = numbers_of(data)
    assert sorted(np.concatenate(parts)) == sorted(frame["row"])
    times = [[when[row] for row in part] for part in parts]
    assert max(times[0]) < min(times[1])
    assert max(times[1]) < min(times[2])


def test_the_nearest_times_part_the_rows() -> None:
    times = np.repeat([2020.0, 2021, 2022, 2023], [50, 10, 20, 20])
    places = cut_times(times, (0.6, 0.2, 0.2))
    assert places is not None
    assert np.bincount(places).tolist() == [60, 20, 20]
    assert cut_times(times, (0.2,) * 5) is None


def test_the_time_is_an_input_unless_it_is_dropped() -> None:
    assert "when" in load(table(), target="kind", time="when").feature_names
    data = load(table(), target="kind", time="when", drop=["when"])
    assert "when" not in data.feature_names
    assert (data.summary.time, data.summary.dropped) == ("when", ("when",))
    assert folds_for(data) is None
    with pytest.raises(OptionError, match=r"^folds must be left out where 'when' is the time"):
        folds_of(data, 5)


def test_a_table_of_its_own_tests(tmp_path: Path) -> None:
    frame = table()
    first, second = tmp_path / "train.csv", tmp_path / "test.csv"
    frame[:80].to_csv(first, index=False)
    frame[80:][["kind", "when", "row", "who"]].to_csv(second, index=False)
    data = load(first, target="kind", test_data=second)
    parts = numbers_of(data)
    assert (len(parts[0]), len(parts[1])) == (60, 20)
    assert parts[2].tolist() == frame["row"][80:].tolist()
    assert data.summary.test_part[:2] == (data.summary.test_sha256, "kind")
    opened = data.open_test()
    assert opened.y.tolist() == (frame["kind"][80:] == "b").astype(int).tolist()
    assert data._raw_test is not None
    np.testing.assert_array_equal(opened.x, data.preprocessing.transform(data._raw_test))
    again = load(frame[:80], target="kind", test_data=frame[80:])
    np.testing.assert_array_equal(again.open_test().x, opened.x)


def test_no_row_given_to_test_moves_an_input() -> None:
    frame = table()
    changed = frame[80:].assign(row=1e6)
    one, other = (load(frame[:80], target="kind", test_data=each) for each in (frame[80:], changed))
    np.testing.assert_array_equal(one.train.x, other.train.x)
    np.testing.assert_array_equal(one.validation.x, other.validation.x)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"groups": "kind"}, "'kind' is the target: choose another column for groups"),
        ({"groups": "what"}, "has no column 'what' for groups: it has row, who, when, kind"),
        ({"time": "who"}, "column 'who' holds neither numbers nor dates"),
        ({"groups": "few"}, "the 2 groups of 'few' are too few for 3 parts"),
        ({"time": "once"}, "column 'once' has fewer than 3 different times"),
        ({"groups": "holes"}, "column 'holes' has 2 missing values, the first in data row 4"),
        ({"time": "day"}, "column 'day' has 1 missing value in data row 2"),
        ({"groups": "who", "time": "when"}, "groups cannot go together with time"),
        ({"test_size": 0.6}, "test_size must be from 0 to 0.5 but is 0.6"),
        ({"test_data": table()}, "is the table that trains"),
        ({"test_data": table(1), "test_size": 0.2}, "but the test part is given: leave it out"),
        ({"test_data": table(1), "groups": "who"}, "holds the group 'p0', which trains too"),
        ({"test_data": table(1).assign(kind="c")}, "holds the class 'c', which no example that"),
        ({"test_data": table(1).drop(columns="row")}, "has no column 'row'"),
        ({"test_data": "no.csv"}, "^no.csv: no such file"),
        ({"test_data": "iris"}, "^iris: is not a table"),
    ],
)
def test_what_cannot_be_parted_is_one_line(asked: dict[str, object], said: str) -> None:
    frame = table().assign(few=np.arange(120) % 2, once=1.0)
    frame["holes"] = frame["who"].where(~frame.index.isin([3, 9]))
    frame["day"] = frame["when"].where(frame.index != 1)
    frame = (
        frame[[*table().columns, *({*asked.values()} & {"few", "once", "holes", "day"})]]
        if (all(isinstance(value, str) for value in asked.values()))
        else table()
    )
    with pytest.raises(TunerError, match=said) as error:
        load(frame, target="kind", **asked)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    assert isinstance(error.value, DataError | OptionError)


def test_rows_that_train_and_test_are_doubted() -> None:
    frame = table()
    with pytest.warns(UserWarning, match="10 different rows of the test part stand in the table"):
        load(frame[:90], target="kind", test_data=frame[80:])


def test_published_parts_stay_as_they_are() -> None:
    with pytest.raises(OptionError, match=r"^groups is 'a' but iris has no columns"):
        load("iris", groups="a")
    with pytest.raises(OptionError, match="goes with a table, but iris is none"):
        load("iris", test_data="t.csv")
