"""The network in pure NumPy and SciPy: losses, optimizers and the stacked passes."""
