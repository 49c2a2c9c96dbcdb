"""Hyperparameter search for small networks that shows why each value was chosen."""
