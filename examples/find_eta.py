"""Find the learning rate by its threshold, and train a network with it."""

import tuner

data = tuner.load("digits")
found = tuner.find_eta(data, hidden=(30,))
print(found.summary)
print(found.to_frame().to_string(index=False))

run = tuner.train(data, hidden=(30,), lambda_=0.1, eta=found, patience=10)
print(run.summary)
print("Reports:", found.report("reports/eta"), run.report("reports/train"))
