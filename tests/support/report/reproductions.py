"""A record of `reproduce`, as it could have come of MNIST."""

from dataclasses import replace
from typing import Any

from tuner.records import (
    Agreement,
    Claim,
    ExperimentRecord,
    FindEtaRecord,
    Finding,
    Hyperparameters,
    Panel,
    ReproduceRecord,
    Series,
    Strategy,
    Trained,
)
from tuner.report.language import texts

EPOCHS = tuple(float(i) for i in range(1, 41))


def finding(name: str, **changes: Any) -> Finding:
    known = Finding(
        name=name,
        unit="percent",
        claim=Claim.NEAR,
        published=82.27,
        limit=1.5,
        values=(82.0, 83.0, 81.0),
        measured=82.0,
        interval=(79.52, 84.48),
        agreement=Agreement.AGREES,
    )
    return replace(known, **changes)


def series(name: str, start: float) -> Series:
    y = tuple(start + 10 * (1 - 0.9**x) for x in EPOCHS)
    return Series(
        name=name, x=EPOCHS, y=y, low=tuple(v - 1 for v in y), high=tuple(v + 1 for v in y)
    )


def panel(title: str, **changes: Any) -> Panel:
    lines = (series("λ = 0", 72), series("L2", 76))
    return replace(Panel(title=title, x_title="epochs", series=lines), **changes)


def reproduction_of(record: FindEtaRecord) -> ReproduceRecord:
    """Return a record with an experiment for each number of panels, and every verdict."""
    trained = Trained(
        name="L2",
        settings=Hyperparameters(eta=0.5, lambda_=0.1),
        strategy=Strategy(epochs=400, patience=None),
        n_train=1000,
        copies=0,
        seeds=3,
        epochs=(400, 400, 400),
    )
    figures = texts("en").experiments
    verdicts = [*Agreement] * 4
    experiments = [
        ExperimentRecord(
            name=name,
            findings=tuple(
                finding(each, agreement=verdict)
                for each, verdict in zip(figures[name].figures, verdicts, strict=False)
            ),
            panels=tuple(panel(f"panel {i}", log_y=i == 3) for i in range(count)),
            trained=(trained,),
            test_openings=1,
        )
        for name, count in (("all-data", 1), ("l2-small", 2), ("round-1", 3), ("overfitting", 4))
    ]
    threshold = ExperimentRecord(
        name="threshold",
        findings=tuple(finding(each, unit="number") for each in figures["threshold"].figures),
        panels=(),
        trained=(),
        test_openings=0,
        eta_search=record.result,
    )
    return ReproduceRecord(
        command="python -m tuner reproduce --data mnist",
        data=record.data,
        environment=record.environment,
        seed=0,
        published_data=True,
        experiments=(*experiments, threshold),
        omitted=(),
        test_openings=4,
        seconds=12.5,
    )
