"""Optuna studies of the hyperparameters: reproducible, resumable, on any number of workers."""
