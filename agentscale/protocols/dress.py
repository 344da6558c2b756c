"""What the members of a team are like in a protocol: traits beside their personas, and controls in their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from agentscale.protocols.prompts import padding
from agentscale.schema.agents import Agent, Persona, Team

Personas = Literal["own", "shared", "padding"]
"""``own``: each member has its own. ``shared``: all have the first member's, as of one role played by many.
``padding``: each has a neutral text of as many words, as of a longer prompt that says nothing."""

TRAITS = {
    "E": "You are easy-going: you listen to others, and you change your mind readily where they may be right.",
    "O": "You are overconfident: you trust your own judgement above that of others, and you seldom change your mind.",
}
"""What a letter of a society stands for. Reference: J. Zhang et al., "Exploring collaboration mechanisms for LLM
agents: a social psychology view", ACL 2024; the wording is our own."""


def check_traits(society: str) -> str:
    """The letters of a society.

    Raises:
        ValueError: One of them is no trait; says which are.
    """
    unknown = [letter for letter in society if letter not in TRAITS]
    if unknown or not society:
        got = f"unknown trait {unknown[0]!r}" if unknown else "no trait is given"
        raise ValueError(f"{got}; allowed: E (easy-going) and O (overconfident), one letter for each agent, as in EEO")
    return society


def dressed(team: Team, personas: Personas = "own", traits: str | None = None) -> Team:
    """The team as it plays: slots, models and sampling stay.

    Args:
        team: The team; not one without any persona where ``personas`` is not ``own``.
        personas: What stands in place of the members' own.
        traits: A letter of `TRAITS` for each member.
    """
    agents = team.agents
    if personas == "shared":
        agents = tuple(_with(agent, lambda text: text, agents[0].persona) for agent in agents)
    elif personas == "padding":
        agents = tuple(_with(agent, padding, agent.persona) for agent in agents)
    if traits is not None:
        agents = tuple(_inclined(agent, TRAITS[letter]) for agent, letter in zip(agents, traits, strict=True))
    return team if agents is team.agents else team.model_copy(update={"agents": agents})


def undressed(team: Team, personas: Personas) -> str | None:
    """Why a team has no such control, in words that go on from a protocol's name; ``None`` where it has."""
    if personas == "own" or all(agent.persona is not None for agent in team.agents):
        return None
    return f"with personas {personas} needs a team whose members all have personas: layer L2 or L4"


def _with(agent: Agent, change: Callable[[str], str], persona: Persona | None) -> Agent:
    if persona is None:
        return agent
    return agent.model_copy(update={"persona": Persona(name=persona.name, text=change(persona.text))})


def _inclined(agent: Agent, trait: str) -> Agent:
    before = "" if agent.persona is None else f"{agent.persona.text}\n\n"
    name = "trait" if agent.persona is None else agent.persona.name
    return agent.model_copy(update={"persona": Persona(name=name, text=f"{before}{trait}")})
