"""The one schema: every setting is complete, and whatever is made from it agrees with it."""

import inspect
import json
from typing import Any

import pytest

from tuner.errors import OptionError
from tuner.estimators import NetworkClassifier
from tuner.network.activations import ACTIVATIONS, Activation
from tuner.serialization import from_json, to_json
from tuner.settings import Hyperparameters, Setting, Strategy, settings_of, split_settings
from tuner.strategies.schedules import SCHEDULES

EVERY = pytest.mark.parametrize(
    "setting",
    [*settings_of(Hyperparameters).values(), *settings_of(Strategy).values()],
    ids=lambda setting: setting.name,
)


@EVERY
def test_a_default_is_in_range_and_survives_as_a_text(setting: Setting) -> None:
    if setting.name == "eta":
        return  # it has none
    setting.check(setting.default)
    if setting.default is not None or setting.name == "patience":
        assert setting.kind.convert(setting.kind.text(setting.default)) == setting.default


@EVERY
def test_it_is_documented_in_a_sentence(setting: Setting) -> None:
    assert setting.help.endswith(".")
    owner = Hyperparameters if setting.name in settings_of(Hyperparameters) else Strategy
    assert f"    {setting.name}\n        {setting.help.split()[0]}" in (owner.__doc__ or "")


@EVERY
def test_a_value_of_another_kind_is_refused(setting: Setting) -> None:
    with pytest.raises(OptionError, match=rf"^{setting.key} must be "):
        setting.check({"no": "value"})


def test_schedules_and_their_names_agree() -> None:
    assert tuple(settings_of(Strategy)["schedule"].choices) == tuple(SCHEDULES)


def test_an_entry_of_a_table_is_a_choice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="one of sigmoid, tanh, relu but is 'mine'"):
        Hyperparameters(eta=1, activation="mine")
    monkeypatch.setitem(ACTIVATIONS, "mine", Activation(lambda _: None, lambda *_: None))
    assert Hyperparameters(eta=1, activation="mine").activation == "mine"


@pytest.mark.parametrize(
    ("keywords", "network", "training", "find"),
    [
        ({}, {}, {}, True),
        ({"eta": "auto"}, {}, {}, True),
        ({"eta": 0.5}, {"eta": 0.5}, {}, False),
        ({"hidden": 30}, {"hidden": (30,)}, {}, True),
        ({"hidden": [3, 4]}, {"hidden": (3, 4)}, {}, True),
        ({"lambda": 2.0, "patience": "off"}, {"lambda_": 2.0}, {"patience": None}, True),
        ({"warm_up": 3, "epochs": 9}, {}, {"start_from_epoch": 3, "epochs": 9}, True),
    ],
)
def test_keywords_are_split(
    keywords: dict[str, Any], network: dict[str, Any], training: dict[str, Any], find: bool
) -> None:
    given = split_settings(keywords)
    assert given.hyperparameters == Hyperparameters(**{"eta": 0.01, **network})
    assert given.strategy == Strategy(**training)
    assert given.find_eta is find


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"lamda_": 1}, "lamda_ is not a setting: do you mean lambda_?"),
        ({"patients": 1}, "patients is not a setting: do you mean patience?"),
        ({"hidden": "wide"}, "hidden must be sizes such as 30 or 100,50, or none but is 'wide'."),
        ({"eta": "fast"}, "eta must be a number but is 'fast'."),
        ({"batch_size": 2.5}, "batch_size must be a whole number but is 2.5."),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1 but is 1.0."),
    ],
)
def test_a_wrong_keyword_is_named(keywords: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError) as error:
        split_settings(keywords)
    assert str(error.value) == words


def test_the_key_in_json_is_the_one_of_old() -> None:
    strategy = Strategy(start_from_epoch=4)
    text = json.dumps(to_json(strategy))
    assert '"warm_up": 4' in text
    assert from_json(Strategy, text) == strategy


def test_the_estimator_has_every_setting_by_name_with_its_default() -> None:
    parameters = inspect.signature(NetworkClassifier).parameters
    settings = settings_of(Hyperparameters) | settings_of(Strategy)
    assert parameters.keys() ^ settings.keys() == {"expansion", "validation_fraction", "scaling"}
    unlike = {
        n for n in parameters.keys() & settings if parameters[n].default != settings[n].default
    }
    assert unlike == {"eta", "epochs"}
    assert NetworkClassifier((8,)).hidden == (8,)
    assert "Learning rate η." in (NetworkClassifier.__doc__ or "")
    with pytest.raises(TypeError, match="no parameter lamda_: do you mean lambda_"):
        NetworkClassifier(lamda_=1)
