"""How a simulated agent puts an answer into words.

Each channel has a vocabulary of its own, so that an embedder that knows no more than words sees which texts share a way
of reasoning; personas differ in how they open and models in how they close. No sentence holds a digit or a lone
capital, so that a text without the answer's mark offers nothing that could be taken for an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agentscale.schema.calls import ANSWER_MARK

_TOPIC_WORDS = 6
_FOUND_WORDS = 6

_CHANNELS: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    (
        ("Strike out the alternatives one after another.", "Discard every alternative that breaks down."),
        ("Whatever survives elimination must stand.", "Elimination leaves a single survivor."),
    ),
    (
        ("Recall the textbook definition of the term.", "Look up how the textbook defines this term."),
        ("The definition covers this instance literally.", "Its wording applies literally, clause by clause."),
    ),
    (
        ("Estimate the magnitude with rounded quantities.", "Round the quantities and gauge their magnitude."),
        ("Only one magnitude agrees with the estimate.", "The rough estimate rules out other magnitudes."),
    ),
    (
        ("Work backwards from the desired outcome.", "Start at the outcome and walk in reverse."),
        ("Each reversed step lands on the premise.", "Walking in reverse reaches the starting point."),
    ),
    (
        ("Picture the situation as a sketched diagram.", "Draw a diagram with arrows between the shapes."),
        ("The sketch shows where the arrows meet.", "In the drawing, the shapes line up."),
    ),
    (
        ("Translate the statement into formal logic.", "Write the premises as logical propositions."),
        ("Modus ponens then derives the proposition.", "The inference follows by valid deduction."),
    ),
    (
        ("Compare with a similar story from history.", "History offers a famous parallel episode."),
        ("The historical parallel suggests the same ending.", "That episode ended in a comparable manner."),
    ),
    (
        ("Everyday experience in kitchens and streets helps.", "Ordinary people meet this at home daily."),
        ("Common sense at home confirms it.", "Practical habit in daily life agrees."),
    ),
    (
        ("Split the problem into separate smaller cases.", "Handle each subcase by itself first."),
        ("Merging the subcases yields the whole.", "Every branch of the split coincides."),
    ),
    (
        ("Suppose the opposite and seek a contradiction.", "Assume the contrary for the moment."),
        ("The contrary assumption collapses into absurdity.", "Absurdity follows, refuting the opposite."),
    ),
    (
        ("Weigh the statistical evidence and base rates.", "Consider frequencies within a large population."),
        ("The likelihood ratio favours one hypothesis.", "Probability mass concentrates on one hypothesis."),
    ),
    (
        ("Trace the physical cause and its mechanism.", "Follow energy and forces through the mechanism."),
        ("The causal mechanism produces this effect.", "Forces balance, hence this physical effect."),
    ),
)

_VARIANTS = ("", "Second reading:", "Third reading:", "Fourth reading:", "Fifth reading:", "Sixth reading:")
"""What sets a channel beyond the vocabularies apart from the one that it shares its words with."""

_PLAIN_OPENING = "The question reads: “{topic}”"
_OPENINGS = (
    "Sceptical by trade, first examine: “{topic}”",
    "Calmly and methodically, take up: “{topic}”",
    "What fun, here comes: “{topic}”",
    "Precision matters in this one: “{topic}”",
    "As any teacher would, explain: “{topic}”",
    "Boldly now, without hedging: “{topic}”",
    "Thinking of the client, consider: “{topic}”",
    "Let curiosity lead: “{topic}”",
)
_KEPT = "The earlier reasoning still stands."
_CONVINCED = "The argument of another agent convinces more."

_CLOSINGS = (
    "So the result is {found}.",
    "Hence {found} fits best.",
    "Overall, {found} holds up.",
    "Therefore choose {found}.",
    "This settles on {found}.",
    "In short: {found}.",
)
_NO_CLOSING = "Beyond that, nothing can be settled here."


def worded(
    *,
    prompt: str,
    channel: int,
    model: int,
    persona: str | None,
    wording: float,
    changed: bool | None = None,
    label: str | None,
    found: str,
) -> str:
    """The text of an answer: a few short sentences, and the answer's mark on a line of its own.

    Args:
        prompt: The question's text; its first words are quoted.
        channel: Which way of reasoning, from 0: it gives the vocabulary.
        model: Which model, from 0: it gives the close.
        persona: Its name gives the opening.
        wording: A uniform draw in [0, 1): which of the channel's sentences.
        changed: In a revision, whether the answer was taken over from another agent.
        label: The answer as it is to be read; ``None`` writes neither mark nor anything that could be read as one.
        found: What the answer stands for, such as the text of the choice.
    """
    first, second = _CHANNELS[channel % len(_CHANNELS)]
    variant = _VARIANTS[channel // len(_CHANNELS) % len(_VARIANTS)]
    which = int(wording * 4)
    opening = _opening(prompt if label is not None else "", persona, changed)
    parts = [opening, variant, first[which % 2], second[which // 2]]
    if label is None:
        return " ".join([*filter(None, parts), _NO_CLOSING])
    parts.append(_CLOSINGS[model % len(_CLOSINGS)].format(found=_brief(found, _FOUND_WORDS)))
    return f"{' '.join(filter(None, parts))}\n{ANSWER_MARK} {label}"


def _opening(prompt: str, persona: str | None, changed: bool | None) -> str:
    if changed is not None:
        return _CONVINCED if changed else _KEPT
    form = _PLAIN_OPENING if persona is None else _OPENINGS[_stable(persona) % len(_OPENINGS)]
    return form.format(topic=f"{_brief(prompt, _TOPIC_WORDS)} …" if prompt else "the question")


def _brief(text: str, words: int) -> str:
    """The first words of a text; never the answer's mark, which belongs to the last line alone."""
    kept: Sequence[str] = text.split(maxsplit=words)[:words]
    brief = " ".join(kept).rstrip(".!?:,;")
    return brief if brief and ANSWER_MARK.rstrip(":").lower() not in brief.lower() else "the question"


def _stable(name: str) -> int:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[0]
