"""Samples that are not written as samples: rows of foreign files and of data sets, what generators make.

Everything ends in rows with the keys of a sample, each with the place that it came from, so that the same checks speak
of them with file and line.
"""

from agentscale.catalog.sources.base import Row
from agentscale.catalog.sources.rows import rows_of

__all__ = ["Row", "rows_of"]
