"""Drives trials: asks what protocols yield, records every call, and writes transcripts. Does no statistics, no HTML."""
