"""Takes the clothes off a text: thinking, mark-up, and signs that look alike. What is read afterwards is plain.

Every expression here is linear in the length of the text: repeats are bounded or cannot overlap.
"""

from __future__ import annotations

import re

from agentscale.schema.thinking import split_thinking

_LOOKALIKES = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width forms of ASCII
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000\t"), " "),
    **dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2013\ufe63"), "-"),
    **dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"), None),
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u00ab\u00bb"), '"'),
    **{
        ord(sign): f" {value}" for sign, value in zip("½¼¾⅓⅔⅛", ("1/2", "1/4", "3/4", "1/3", "2/3", "1/8"), strict=True)
    },
    **dict.fromkeys(map(ord, "→⇒"), "->"),
    ord("\r"): "\n",
    ord("\u3002"): ".",
    ord("\u00d7"): "*",
    ord("\u22c5"): "*",
    ord("\u00f7"): "/",
}

_STEPS: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (sign, re.compile(pattern, re.IGNORECASE), by)
    for sign, pattern, by in (
        ("\\", r"(?<=[0-9])\s{0,4}(?=\\[dt]?frac)", " "),  # a mixed number: its parts are not one run of digits
        ("\\", r"\\[dt]?frac\s{0,4}\{([^{}\n]{1,60})\}\s{0,4}\{([^{}\n]{1,60})\}", r"\1/\2"),
        ("\\", r"\\(?:times|cdot)\b", "*"),
        ("\\", r"\\div\b", "/"),
        ("\\", r"\\(?:text|textbf|mathrm|mathbf|mathit)\s{0,4}\{([^{}\n]{0,60})\}", r"\1"),
        ("\\", r"\\(?:text|textbf|mathrm|mathbf|mathit|boxed|fbox)\s{0,4}\{", "{"),
        ("{", r"\{,\}", ","),
        ("\\", r"\\[,!;: ]", ""),
        ("\\", r"\\[\[\]()]", " "),
        ("\\", r"\\([$%#&_{}*])", r"\1"),
        ("**", r"([0-9)])\s{0,2}\*\*\s{0,2}(?=[0-9(])", r"\1^"),
        ("**", r"\*\*", " "),
        ("__", r"__", " "),
        ("`", r"`", " "),
        ("<", r"</?(?:strong|em|span|br|p|div)\s{0,2}/?>", " "),
        ("<", r"<answer>", " Answer: "),
        ("<", r"</answer>", "\n"),
        ("<", r"<\s{0,2}([^<>\n]{1,40}?)\s{0,2}>", r"(\1)"),
        ("{", r"\{", "("),
        ("}", r"\}", ")"),
        ("  ", r"  +", " "),
    )
)
"""Each with a sign without which there is nothing to do."""


def spoken(text: str) -> str:
    """The text after the thinking at its head; nothing, where the thinking never ended."""
    return split_thinking(text).text


def in_ascii(text: str) -> str:
    """The text with ASCII signs for those that look like them; its mark-up stays."""
    # Most texts are ASCII, of which only these two signs are told otherwise.
    return text if text.isascii() and "\t" not in text and "\r" not in text else text.translate(_LOOKALIKES)


def plain(text: str) -> str:
    """The text without LaTeX, Markdown and HTML, in ASCII where a sign has an ASCII twin.

    ``{…}`` and ``<…>`` become ``(…)``; lines stay lines.
    """
    text = in_ascii(text)
    for sign, pattern, by in _STEPS:
        if sign in text:
            text = pattern.sub(by, text)
    return text
