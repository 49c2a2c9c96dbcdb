"""The article's experiments: each a record of parameters, and one call that measures.

Worker processes import this package, so it imports nothing by itself.
"""
