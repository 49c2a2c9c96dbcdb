"""Coded warnings: what a careful reader should know before trusting a result."""
