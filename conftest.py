"""Leave out the examples of modules whose optional part is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["tuner/trainers/pytorch.py"]
