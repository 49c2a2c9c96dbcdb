"""Who belongs together, how far contenders are apart, and how sure that is."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, stdev
from typing import Any

import pytest
from scipy import stats

from tests.support.report.comparisons import names_of, run_reaching, runs_of
from tests.support.report.studies import SPEC, study, trial
from tuner.errors import InputError
from tuner.records import EtaSearch, FindEtaRecord, StudyRecord, TrainRecord
from tuner.report.checks.comparison import compare_warnings
from tuner.report.frames.comparison import results_table
from tuner.report.frames.contenders import (
    Contender,
    against_winner,
    all_pairs,
    contenders,
    difference,
    ranked,
)
from tuner.report.summaries.comparison import compare_summary, difference_words

PLAIN, DECAYED = (0.900, 0.910, 0.905), (0.912, 0.921, 0.914)


def grouped(*records: TrainRecord | StudyRecord) -> tuple[Contender, ...]:
    return contenders(records, names_of(records))


def two(
    base: TrainRecord, first: tuple[float, ...], second: tuple[float, ...]
) -> tuple[Contender, ...]:
    return grouped(*runs_of(base, first), *runs_of(base, second, lambda_=5.0))


def codes(every: tuple[Contender, ...]) -> list[str]:
    return [warning.code for warning in compare_warnings(every, against_winner(every))]


def test_runs_that_differ_only_in_the_seed_belong_together(train_record: TrainRecord) -> None:
    every = two(train_record, PLAIN, DECAYED)
    assert [(each.letter, each.name) for each in every] == [("A", "λ 0"), ("B", "λ 5")]
    assert every[0].by_seed == {(k, k): share for k, share in enumerate(PLAIN)}
    assert every[0].names == ("run-0", "run-1", "run-2")


def test_an_eta_that_was_found_follows_from_the_seed(
    train_record: TrainRecord, search: EtaSearch
) -> None:
    one, other = (
        replace(run_reaching(train_record, 0.9, seed, eta=0.3 + seed), eta_search=search)
        for seed in (0, 1)
    )
    assert len(grouped(one, other)) == 1
    given = [replace(each, eta_search=None) for each in (one, other)]
    assert len(grouped(*given)) == 2


def test_many_differing_settings_give_way_to_the_names(train_record: TrainRecord) -> None:
    changes = {"hidden": (50,), "lambda_": 1.0, "dropout": 0.5, "batch_size": 20}
    every = grouped(
        run_reaching(train_record, 0.9, 0), run_reaching(train_record, 0.9, 0, **changes)
    )
    assert [each.name for each in every] == ["run-0", "run-1"]


def test_pairs_give_students_interval(train_record: TrainRecord) -> None:
    plain, decayed = two(train_record, PLAIN, DECAYED)
    apart = difference(decayed, plain)
    differences = [b - a for a, b in zip(PLAIN, DECAYED, strict=True)]
    expected = stats.t.interval(0.95, 2, loc=mean(differences), scale=stdev(differences) / 3**0.5)
    assert (apart.value, apart.low, apart.high) == pytest.approx((mean(differences), *expected))
    assert (apart.seeds, apart.basis, apart.clear) == ((0, 1, 2), "seeds", True)


def test_only_shared_seeds_are_paired(train_record: TrainRecord) -> None:
    plain, decayed = grouped(
        *runs_of(train_record, PLAIN), *runs_of(train_record, DECAYED, first_seed=1, lambda_=5.0)
    )
    apart = difference(plain, decayed)
    assert apart.seeds == (1, 2)
    assert apart.differences == pytest.approx((0.910 - 0.912, 0.905 - 0.921))


@pytest.mark.parametrize(
    ("first", "second", "seed", "words"),
    [
        ((0.9,), (0.91,), 0, "one seed each"),
        ((0.9,), (0.91,), 7, "no seed in common"),
        ((0.9, 0.91), (0.91, 0.92), 0, "the same difference at all 2 seeds"),
        ((0.9,), (0.9,), 0, "equal means"),
    ],
)
def test_without_a_spread_the_interval_is_about_examples(
    train_record: TrainRecord,
    first: tuple[float, ...],
    second: tuple[float, ...],
    seed: int,
    words: str,
) -> None:
    every = grouped(
        *runs_of(train_record, first),
        *runs_of(train_record, second, first_seed=seed, lambda_=5.0),
    )
    (apart,) = against_winner(every)
    assert (apart.basis, apart.clear) == ("examples", False)
    assert apart.low < apart.value < apart.high
    said = difference_words(apart)
    assert said.startswith("No clear difference between")
    assert words in said
    assert "not for other seeds" in said


def test_a_large_difference_of_one_seed_is_clear(train_record: TrainRecord) -> None:
    (apart,) = against_winner(two(train_record, (0.8,), (0.95,)))
    assert apart.clear
    assert difference_words(apart).startswith("B is 15.00 points better than A (95 % CI 1")


def test_other_data_are_not_comparable(train_record: TrainRecord) -> None:
    plain, decayed = runs_of(train_record, (0.9, 0.91))
    other = replace(decayed, data=replace(decayed.data, sha256="f" * 64, name="other"))
    every = grouped(plain, other)
    verdict = compare_summary(every, against_winner(every))
    assert not verdict.good
    assert verdict.headline == "Accuracies on different data are not comparable"
    assert "W401" in codes(every)
    (pair,) = all_pairs(every)
    assert (pair.basis, pair.clear) == ("nothing", False)
    assert "not comparable" in difference_words(pair)


@pytest.mark.parametrize("changed", [{"split_seed": 1}, {"target": "kind"}, {"folds": 5}])
def test_other_examples_of_one_file_are_not_comparable(
    train_record: TrainRecord, changed: dict[str, Any]
) -> None:
    known = replace(train_record, data=replace(train_record.data, split_seed=0))
    plain, decayed = two(known, PLAIN, DECAYED)
    assert plain.comparable(decayed)
    other = [replace(run, data=replace(run.data, **changed)) for run in decayed.records]
    every = grouped(*plain.records, *other)
    assert not every[0].comparable(every[1])
    assert "W401" in codes(every)
    (pair,) = all_pairs(every)
    assert (pair.basis, pair.clear) == ("nothing", False)


def test_runs_split_by_their_own_seeds_are_paired_on_the_splits_they_share(
    train_record: TrainRecord,
) -> None:
    def split_by_seed(runs: Sequence[TrainRecord]) -> list[TrainRecord]:
        return [replace(run, data=replace(run.data, split_seed=run.settings.seed)) for run in runs]

    plain = split_by_seed(runs_of(train_record, PLAIN))
    decayed = split_by_seed(runs_of(train_record, DECAYED, lambda_=5.0))
    first, second = grouped(*plain, *decayed)
    assert (len(first.records), len(second.records)) == (len(PLAIN), len(DECAYED))
    assert first.comparable(second)
    (pair,) = all_pairs((first, second))
    assert pair.basis == "seeds"
    early, late = grouped(plain[0], decayed[1])
    assert not early.comparable(late)


def test_the_training_size_may_differ(train_record: TrainRecord) -> None:
    plain, more = runs_of(train_record, (0.9, 0.95))
    more = replace(more, data=replace(more.data, n_train=4000))
    every = grouped(plain, more)
    assert [each.name for each in every] == ["training examples 1000", "training examples 4000"]
    assert len(ranked(every)) == 2


@pytest.mark.parametrize(
    ("accuracies", "headline"),
    [
        ((PLAIN, DECAYED), "B (λ 5) is best"),
        ((PLAIN, PLAIN), "No clear difference between A and B"),
        ((PLAIN, (0.91, 0.90, 0.907)), "No clear difference between B and A"),
    ],
)
def test_headline(
    train_record: TrainRecord, accuracies: tuple[tuple[float, ...], ...], headline: str
) -> None:
    every = two(train_record, *accuracies)
    verdict = compare_summary(every, against_winner(every))
    assert (verdict.headline, verdict.good) == (headline, True)


def test_ties_are_named(train_record: TrainRecord) -> None:
    near = runs_of(train_record, (0.913, 0.920, 0.915), lambda_=4.0)
    every = grouped(
        *runs_of(train_record, PLAIN), *runs_of(train_record, DECAYED, lambda_=5.0), *near
    )
    verdict = compare_summary(every, against_winner(every))
    assert verdict.headline == "C (λ 4) is best, with no clear difference to B"


def test_runs_of_one_kind_are_no_contest(train_record: TrainRecord) -> None:
    every = grouped(*runs_of(train_record, PLAIN))
    verdict = compare_summary(every, against_winner(every))
    assert verdict.headline == "Mean validation accuracy 90.50 %"
    assert "nothing to choose between" in verdict.advice
    assert codes(every) == []


def test_a_single_run(train_record: TrainRecord) -> None:
    every = grouped(*runs_of(train_record, (0.9,)))
    low, high = results_table(every)[["low", "high"]].to_numpy()[0]
    assert low < 0.9 < high
    assert against_winner(every) == all_pairs(every) == ()


def test_warnings(train_record: TrainRecord) -> None:
    assert codes(two(train_record, PLAIN, DECAYED)) == []
    assert codes(two(train_record, (0.9,), (0.91,))) == ["W402"]
    assert codes(two(train_record, (0.9, 0.91), (0.91, 0.95))) == ["W403"]
    run = run_reaching(train_record, 0.9, 0)
    assert codes(grouped(run, run)) == ["W405"]
    made = replace(run.environment, tuner="9.9.9")
    newer = replace(run_reaching(train_record, 0.9, 0, lambda_=5.0), environment=made)
    assert codes(grouped(run, newer)) == ["W402", "W407"]
    many = [run_reaching(train_record, 0.9, 0, lambda_=float(k)) for k in range(5)]
    assert codes(grouped(*many)) == ["W402", "W408"]
    parting = [run_reaching(train_record, 0.9, seed, parting=0.008) for seed in range(3)]
    assert codes(grouped(*parting)) == ["W409"]


def test_identical_runs_count_once(train_record: TrainRecord) -> None:
    run = run_reaching(train_record, 0.9, 0)
    (only,) = grouped(run, run, run)
    assert (len(only.records), len(only.by_seed)) == (3, 1)


def test_what_cannot_be_compared(train_record: TrainRecord, record: FindEtaRecord) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        contenders([], [])
    with pytest.raises(InputError, match="1 records but 0 names"):
        contenders([train_record], [])
    with pytest.raises(InputError, match="b: is neither run nor study"):
        contenders([train_record, record], ["a", "b"])  # type: ignore[list-item]


def test_studies_are_compared_by_their_best_trials() -> None:
    plain = study(trial(0, (0.90, 0.91, 0.92)), trial(1, (0.95,), state="pruned"))
    better = study(trial(0, (0.80,)), trial(1, (0.93, 0.935, 0.955)), spec={**SPEC, "trials": 9})
    every = grouped(plain, better)
    assert [each.name for each in every] == ["trials 6", "trials 9"]
    (apart,) = against_winner(every)
    assert (apart.first, apart.seeds, apart.basis) == ("B", (0, 1, 2), "seeds")
    assert apart.value == pytest.approx(0.03)
    assert codes(every) == ["W404"]


def test_studies_of_other_seeds_have_none_in_common() -> None:
    one, other = (
        study(trial(0, (0.9, 0.91))),
        study(trial(0, (0.9, 0.91)), spec={**SPEC, "seed": 1}),
    )
    (apart,) = against_winner(grouped(one, other))
    assert (apart.seeds, apart.basis) == ((), "examples")


def test_a_study_without_a_complete_trial() -> None:
    empty = study(trial(0, state="pruned"))
    every = grouped(study(trial(0)), empty)
    assert every[1].mean == 0
    assert compare_summary(every, against_winner(every)).good
