"""Find η and train by the halving schedule with a PyTorch model of your own."""

from torch import nn

import tuner


def convolutional(settings: tuner.Hyperparameters) -> nn.Module:
    """Build the network that settings describe; a study can search what it uses of them."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, settings.hidden[0], kernel_size=3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(36 * settings.hidden[0], 10),
    )


data = tuner.load("digits").tuning
trainer = tuner.TorchTrainer(convolutional, data, loss=nn.functional.cross_entropy)
run = tuner.train(
    trainer, hidden=(8,), batch_size=32, eta="auto", schedule="halving", patience=2, epochs=20
)
print(run.summary)
print(run.model)
