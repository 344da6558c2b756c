"""agentscale: the measuring instrument for teams of language models."""
