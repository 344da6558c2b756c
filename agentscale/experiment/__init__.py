"""From an experiment file to a sweep: read, checked as a whole, and laid out in cells. Sends and writes nothing."""

from agentscale.experiment.json_schema import json_schema
from agentscale.experiment.loading import load
from agentscale.experiment.reloading import from_folder
from agentscale.experiment.sweep import Sweep
from agentscale.experiment.topologies import find_topology

__all__ = ["Sweep", "find_topology", "from_folder", "json_schema", "load"]
