"""Measurements against other tools, as ratios and regrets within one run."""
