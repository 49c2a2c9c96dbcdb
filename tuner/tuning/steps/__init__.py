"""The steps of a tuning, each a function of the results before it."""
