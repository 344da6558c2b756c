"""The set ``words``: letters and words to turn, pick and shift, answered in one's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.tasks.generators.draws import Draws

WORDS = re.findall(
    "[a-z]+",
    """
    oak elm fig ivy bee owl cat hen cow pig jar cup lid pan mug net oar raft boat sail mast rope knot deck wharf lamp
    door wall roof barn gate path lane road hill peak vale lake pond brook stone sand clay iron coal salt bread apple
    grape lemon onion olive plum pear honey cider table chair couch shelf clock piano flute violin basket candle bottle
    kettle ladder hammer garden meadow forest island desert canyon harbour lantern blanket cushion compass journey
    weather thunder morning evening blossom feather penguin dolphin leopard hamster squirrel elephant mountain umbrella
    notebook calendar keyboard sandwich porridge raspberry blueberry cardboard newspaper crocodile butterfly
    """,
)
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
COUNT = 40
Made = tuple[str, str]


def reversed_word(draws: Draws, low: int, high: int) -> Made:
    word = draws.one([word for word in WORDS if low <= len(word) <= high])
    return f"Write the letters of the word {word} in reverse order.", word[::-1]


def nth_word(draws: Draws, n: int) -> Made:
    words = draws.some(WORDS, n)
    place = draws.below(n)
    return f"Which word of this list is the {ORDINALS[place]} one: {', '.join(words)}?", words[place]


def initials(draws: Draws, n: int) -> Made:
    words = draws.some(WORDS, n)
    return f"Write the first letters of these words as one word: {', '.join(words)}.", "".join(w[0] for w in words)


def sorted_place(draws: Draws, n: int) -> Made:
    words = draws.some(WORDS, n)
    place = draws.below(n)
    text = f"Put these words into the order of the alphabet: {', '.join(words)}. Which one is the {ORDINALS[place]}?"
    return text, sorted(words)[place]


def endings_backwards(draws: Draws, n: int) -> Made:
    words = draws.some(WORDS, n)
    text = f"Write the last letters of these words as one word, beginning with the last word: {', '.join(words)}."
    return text, "".join(word[-1] for word in reversed(words))


def shifted(draws: Draws, by: int) -> Made:
    word = draws.one([word for word in WORDS if 5 <= len(word) <= 7])
    moved = "".join(chr((ord(letter) - 97 + by) % 26 + 97) for letter in word)
    return f"Replace every letter of the word {word} by the one that stands {by} places later in the alphabet.", moved


LEVELS: dict[int, tuple[Callable[[Draws], Made], ...]] = {
    1: (lambda d: reversed_word(d, 3, 4), lambda d: nth_word(d, 4)),
    2: (lambda d: reversed_word(d, 5, 6), lambda d: initials(d, 4)),
    3: (lambda d: reversed_word(d, 7, 9), lambda d: sorted_place(d, 5)),
    4: (lambda d: endings_backwards(d, 6), lambda d: shifted(d, 1 + d.below(4))),
}


def samples() -> Iterator[dict[str, Any]]:
    for level, forms in LEVELS.items():
        draws, seen = Draws(f"words/{level}"), set[str]()
        while len(seen) < COUNT:
            text, target = forms[len(seen) % len(forms)](draws)
            if text not in seen:
                seen.add(text)
                yield {
                    "id": f"words-{level}-{len(seen):03d}",
                    "input": text,
                    "choices": [],
                    "target": target,
                    "level": level,
                    "metadata": {"area": "letters" if "letter" in text else "lists"},
                }
