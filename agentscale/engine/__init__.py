"""Drives trials: asks what protocols yield, records every call, and writes transcripts. Does no statistics, no HTML."""

CONCURRENCY = 64
"""Calls of each model, and trials of each group of models, under way at once where the caller names no other number."""
