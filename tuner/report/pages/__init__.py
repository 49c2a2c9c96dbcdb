"""The report pages, one module a command."""
