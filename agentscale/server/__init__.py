"""Answers HTTP on loopback. So far: which fault meets which request, and how a faulty answer is spoken."""
