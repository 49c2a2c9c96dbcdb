"""Search λ and network size by an Optuna study."""

import tuner

space = {"lambda_": tuner.LogRange(1e-2, 10), "hidden": [(30,), (100,)]}
study = tuner.search("digits", space, trials=20, seeds=2, epochs=20, workers=2)
print(study.summary)
print(study.to_frame().head().to_string(index=False))
print("Report:", study.report("reports/study"))
print("Its best network:", study.model)
