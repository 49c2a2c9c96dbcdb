"""Optuna studies over what no rule of thumb settles: reproducible, resumable, on many workers."""
