"""Models behind OpenAI-compatible chat endpoints: what is sent, what comes back, and how servers differ in both.

`spelling` makes the body, `functions` knows tools, `chunks` puts a streamed answer together, `reading` reads an answer,
`presets` knows models by name, `refusals` reads what a server does not take, `lessons` remembers it, `scout` lets one
call go first; `chat` asks.
"""

from agentscale.models.openai_chat.chat import OpenAIChat
from agentscale.models.openai_chat.lessons import LessonBook

__all__ = ["LessonBook", "OpenAIChat"]
