"""The network in pure NumPy and SciPy: layers, costs, regularisation and the stacked passes."""
