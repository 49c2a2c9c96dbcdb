"""Tune a network on a table of your own, and predict with it."""

from pathlib import Path

from sklearn.datasets import load_wine

import tuner

table = Path("wines.csv")  # stands for your own file: numbers and texts, one column the class
frame = load_wine(as_frame=True).frame
frame.assign(kind=frame.pop("target").map("kind {}".format)).to_csv(table, index=False)

best = tuner.tune(tuner.load(table, target="kind"), budget="60s")
print(best.summary)
print("Report:", best.report("reports/wines"))
print(tuner.predict(best.model, table).to_frame().head().to_string(index=False))
