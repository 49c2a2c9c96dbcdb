"""Study files made to be too much: one clear line at once."""

import time
from pathlib import Path

import pytest

from tuner.errors import InputError
from tuner.study.sampling import trials_of
from tuner.study.spec import StudySpec, read_spec

SEARCH = "[search]\nlambda = {low = 0.1, high = 1}\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (".".join("a" * 50_000) + " = 1", "too large"),
        ("[" + ".".join("a" * 50_000) + "]", "too large"),
        ("# " + "x" * 1_000_000, "too large"),
        ("a = " + "[" * 3_000 + "]" * 3_000, "nested too deeply"),
        ("a = " + "{b = " * 3_000 + "1" + "}" * 3_000, "nested too deeply"),
        (f"trials = {'9' * 5_000}", "not valid TOML"),
        (f"trials = {10**23}\n{SEARCH}", "trials must be at most"),
        (f"eta = {10**400}\n{SEARCH}", "eta must be at most"),
        (f"[train]\nepochs = {10**23}\n{SEARCH}", r"train\.epochs must be at most"),
        (f"[search]\nhidden = {{low = 1, high = {10**24}}}", r"hidden\.high must be at most"),
        (f"[search]\nlambda = {{low = 1, high = {10**400}}}", r"lambda\.high must be at most"),
        (f"[network]\nhidden = [{10**24}]\n{SEARCH}", r"network\.hidden\.0 must be at most"),
        ("\xff\xfe", "cannot be read"),
    ],
    ids=range(13),
)
def test_too_much_is_refused_at_once(content: str, what: str, tmp_path: Path) -> None:
    path, began = tmp_path / "study.toml", time.process_time()
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=rf"study\.toml: .*{what}") as error:
        read_spec(path)
    assert time.process_time() - began < 5
    assert len(str(error.value)) < 400


def test_a_grid_of_too_many_points_is_refused_before_it_is_laid_out() -> None:
    names = ("lambda", "dropout", "momentum", "batch_size", "patience")
    shares: list[float] = [n / 100 for n in range(50)]
    search = {name: {"choices": [*range(1, 51)]} for name in names} | {
        name: {"choices": shares} for name in ("dropout", "momentum")
    }
    with pytest.raises(InputError, match=r"has 312500000 points, more than a grid may have"):
        StudySpec(name="grid", sampler="grid", search=search)
    small = StudySpec(name="grid", sampler="grid", search={"dropout": {"choices": shares}})
    assert trials_of(small, 60) == 50
