"""The article's whole order of work, unattended: from a data set to one chosen network.

`tuner.tuning.pipeline.tune` does it. Nothing is imported here: what workers are sent is found in
modules of this room, and a worker that had to import all of it would begin a second later.
"""
