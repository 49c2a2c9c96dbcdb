"""The command line: parsing, progress and printing only; one module a command.

What is heavy (NumPy, the data, the trainers, the reports) is imported inside the command that needs
it, so that `--help` and every complaint about the options answer at once.
"""
