"""Drives trials: asks what protocols yield, records every call, and writes transcripts. Does no statistics, no HTML."""

CONCURRENCY = 64
"""Calls, and trials, under way at once over all endpoints, where the caller names no other number."""
