"""Find η, train by the halving schedule, and search, with a PyTorch model of your own."""

from collections.abc import Mapping
from typing import Any

from torch import nn

import tuner


def convolutional(settings: Mapping[str, Any]) -> nn.Module:
    """Build the network of some settings, of which `channels` is one of its own."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, settings["channels"], kernel_size=3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(36 * settings["channels"], 10),
    )


data, params = tuner.load("digits"), {"channels": 8}
loss = nn.functional.cross_entropy
found = tuner.find_eta(data, model=convolutional, loss=loss, params=params, batch_size=32)
run = tuner.train(
    data,
    model=convolutional,
    loss=loss,
    params=params,
    batch_size=32,
    eta=found,
    schedule="halving",
    patience=2,
    epochs=20,
)
print(run.summary)
print(run.model)
space = {"channels": tuner.IntRange(4, 16), "lambda_": tuner.LogRange(0.01, 10)}
study = tuner.search(
    data, space, model=convolutional, loss=loss, batch_size=32, eta=found.eta, trials=4, epochs=4
)
print(study.summary)
print("Report:", study.report("reports/own"))
