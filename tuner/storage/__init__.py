"""Files that outlive a process: checkpoints and models."""

RECORDS, MODEL, CHECKPOINT = "records.json", "model.safetensors", "checkpoint.safetensors"
"""The files of a run in its folder: its record, its network, and the network while it trains."""
