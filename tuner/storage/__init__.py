"""Files that outlive a process: checkpoints and models."""
