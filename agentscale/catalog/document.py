"""Reads a YAML file strictly and remembers on which line every key stands.

Stricter than YAML: a key that stands twice is an error, and scalars are read as YAML 1.2 does, so that ``no`` and
``12:30`` stay the text that they look like. Anchors and merges are allowed, tags are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agentscale.errors import SpecError

Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings and indices of lists."""

MAX_BYTES = 1_000_000
"""A larger file is refused: it is not one that a person wrote."""
MAX_VALUES = 100_000
"""Values of a file once its anchors are expanded."""

_TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Where a value was written: in a file, perhaps on a known line, or in an override."""

    file: str
    line: int | None


@dataclass(frozen=True)
class Document:
    """A YAML file as plain values, with the place of every key."""

    file: str
    """The file as the user named it."""
    text: str
    data: dict[str, Any]
    places: Mapping[Keys, Place] = field(default_factory=dict)

    def at(self, keys: Keys) -> Any:
        """The value at ``keys``; ``None`` where there is none."""
        value: Any = self.data
        for key in keys:
            inside = key in value if isinstance(value, dict) else isinstance(value, list) and isinstance(key, int)
            value = value[key] if inside else None
        return value

    def place(self, keys: Keys) -> Place:
        """Where ``keys`` stands: its own place, else that of the nearest key around it."""
        for end in range(len(keys), 0, -1):
            if keys[:end] in self.places:
                return self.places[keys[:end]]
        return Place(self.file, None)


def dotted(keys: Keys) -> str:
    """The way to a value as it is shown: ``team.size[2]``; keys with other characters stand in quotes."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += ("." if text else "") + (key if re.fullmatch(r"[\w-]+", key) else f'"{key}"')
    return text


def read_text(path: Path, what: str, *, max_bytes: int | None = MAX_BYTES) -> str:
    """The text of a UTF-8 file; a byte order mark is dropped.

    Args:
        path: The file.
        what: What the file is, for the message: ``"experiment"``.
        max_bytes: Above this size the file is refused; ``None`` for no limit.

    Raises:
        SpecError: If there is no such file, or it is a folder, too large, unreadable or not UTF-8.
    """
    try:
        if path.is_dir():
            raise SpecError("this is a folder", file=path, allowed=_a_file(what))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SpecError("there is no such file", file=path, allowed=_a_file(what)) from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise SpecError(f"cannot be read: {getattr(error, 'strerror', None) or error}", file=path) from None
    if max_bytes is not None and len(raw) > max_bytes:
        raise SpecError(f"has {len(raw):,} bytes", file=path, allowed=f"{_a_file(what)} of at most {max_bytes:,} bytes")
    return decoded(raw, path)


def decoded(raw: bytes, file: Path) -> str:
    """The text of UTF-8 bytes; a byte order mark is dropped.

    Raises:
        SpecError: With the line of what is none.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(
            f"is not UTF-8: byte 0x{raw[error.start]:02x}", file=file, line=line, remedy="save the file as UTF-8"
        ) from None


def _a_file(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what} file"


def read_document(path: Path, what: str) -> Document:
    """Reads a YAML file whose top level is a mapping.

    Raises:
        SpecError: With file, line and what is wrong.
    """
    return parse(read_text(path, what), str(path), what)


def parse(text: str, file: str, what: str) -> Document:
    """Reads YAML text whose top level is a mapping; ``file`` stands in the messages.

    Raises:
        SpecError: With file, line and what is wrong.
    """
    walk = _Walk(file)
    data = walk.read(text)
    allowed = f"{_a_file(what)}: a mapping of keys to values"
    if data is None:
        raise SpecError("the file is empty", file=file, allowed=allowed)
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        raise SpecError(f"the top level is {kind}", file=file, line=1, allowed=allowed)
    return Document(file, text, data, walk.places)


def parse_value(text: str, file: str) -> Any:
    """Reads one YAML value, such as that of an override; ``file`` stands in the messages.

    Raises:
        SpecError: If it is no YAML.
    """
    try:
        return _Walk(file).read(text)
    except SpecError as error:
        raise SpecError(error.problem, file=file, allowed=error.allowed, remedy=error.remedy) from None


class _Loader(yaml.SafeLoader):
    """Composes nodes with the scalars of YAML 1.2: no ``yes``, no octal ``010``, no ``12:30:00``, no dates."""

    yaml_implicit_resolvers = {}


for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", [*"-+0123456789"]),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", [*"-+.0123456789"]),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})$"), _first)


class _Entry(NamedTuple):
    """An entry of a mapping, and the line of its key."""

    key: str
    value: yaml.Node
    line: int


class _Walk:
    """Turns the nodes of one text into plain values and notes their lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Keys, Place] = {}
        self._open: list[yaml.Node] = []
        self._values = 0

    def read(self, text: str) -> Any:
        try:
            node = yaml.compose(text, _Loader)
            return None if node is None else self._value(node, ())
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            code = error.character if isinstance(error.character, int) else ord(error.character)
            problem = f"the character U+{code:04X} cannot stand in YAML"
            raise SpecError(problem, file=self.file, line=line, remedy="delete it") from None
        except yaml.MarkedYAMLError as error:
            raise self._yaml_fault(error, text) from None
        except RecursionError:
            raise SpecError("is nested too deeply", file=self.file) from None

    def _yaml_fault(self, error: yaml.MarkedYAMLError, text: str) -> SpecError:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        written = text.splitlines()[line - 1 : line] if line else []
        tab = any("\t" in row[: len(row) - len(row.lstrip())] for row in written)
        why = ", ".join(part for part in (error.context, error.problem) if part)
        remedy = "quote texts that hold ': ' or ' #', or begin with '{', '[', '*' or '&'; indent with spaces"
        if tab:
            remedy = "indent with spaces: YAML allows no tab there"
        elif error.context == "expected a single document in the stream":
            remedy = "delete the line '---' and what follows it, or give it a file of its own"
        return SpecError(f"is not YAML: {why}", file=self.file, line=line, remedy=remedy)

    def _fault(self, node: yaml.Node, problem: str, **more: Any) -> SpecError:
        return SpecError(problem, file=self.file, line=node.start_mark.line + 1, **more)

    def _value(self, node: yaml.Node, keys: Keys) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._fault(node, f"has more than {MAX_VALUES:,} values", remedy="use fewer anchors, or less data")
        if keys:
            self.places.setdefault(keys, Place(self.file, node.start_mark.line + 1))
        if any(node is around for around in self._open):
            raise self._fault(node, "an anchor stands inside itself")
        self._open.append(node)
        try:
            return self._plain(node, keys)
        finally:
            self._open.pop()

    def _plain(self, node: yaml.Node, keys: Keys) -> Any:
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            made = {}
            for key, value, line in self._entries(node, keys):
                self.places[(*keys, key)] = Place(self.file, line)
                made[key] = self._value(value, (*keys, key))
            return made
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self._value(value, (*keys, index)) for index, value in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        raise self._unknown_tag(node)

    def _unknown_tag(self, node: yaml.Node) -> SpecError:
        return self._fault(node, f"the tag {node.tag!r} is not allowed", remedy="write the plain value")

    def _entries(self, node: yaml.MappingNode, keys: Keys) -> Iterator[_Entry]:
        """The entries of a mapping: its own, then those that it merges and does not have."""
        seen: dict[str, int] = {}
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        for key_node, value in node.value:
            if key_node.tag == _TAG + "merge":
                merged.append((key_node, value))
                continue
            key, line = self._key(key_node), key_node.start_mark.line + 1
            if key in seen:
                problem = f"this key stands on line {seen[key]} already"
                raise self._fault(key_node, problem, key=dotted((*keys, key)), remedy="keep one of them")
            seen[key] = line
            yield _Entry(key, value, line)
        for key_node, source in merged:
            for entry in self._merged(key_node, source, keys):
                if entry.key not in seen:
                    seen[entry.key] = entry.line
                    yield entry

    def _merged(self, key_node: yaml.Node, source: yaml.Node, keys: Keys) -> Iterator[_Entry]:
        for part in source.value if isinstance(source, yaml.SequenceNode) else [source]:
            if not isinstance(part, yaml.MappingNode) or any(part is around for around in self._open):
                allowed = "an alias of a mapping, or several"
                raise self._fault(key_node, "'<<' merges what is no mapping", allowed=allowed)
            self._open.append(part)
            yield from list(self._entries(part, keys))
            self._open.pop()

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._fault(node, "a key is a list or a mapping", allowed="text")
        return self._text(node)

    def _text(self, node: yaml.ScalarNode) -> str:
        try:
            node.value.encode("utf-8")
        except UnicodeEncodeError:
            raise self._fault(node, f"{node.value!r} holds half of a surrogate pair", allowed="Unicode text") from None
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return self._text(node)
        if kind not in _READERS:
            raise self._unknown_tag(node)
        words, read = _READERS[kind]
        try:
            return read(node.value)
        except (ValueError, KeyError):
            shown = node.value if len(node.value) <= 40 else node.value[:40] + "…"
            raise self._fault(node, f"{shown!r} cannot be read as {words}") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "null": ("nothing", lambda text: None),
    "bool": ("true or false", lambda text: {"true": True, "false": False}[text.lower()]),
    "int": ("a whole number", lambda text: int(text, 0 if text[:2] in ("0x", "0o") else 10)),
    "float": ("a finite number", _finite),
}


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would read as something else."""

    yaml_implicit_resolvers = {
        first: [
            *_Loader.yaml_implicit_resolvers.get(first, []),
            *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
        ]
        for first in {*_Loader.yaml_implicit_resolvers, *yaml.SafeDumper.yaml_implicit_resolvers}
    }

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represented(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Text in which YAML sees the end of a line outside of double quotes must stand in them."""
    style = '"' if set(text) & set("\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represented)


def to_yaml(data: Any) -> str:
    """Plain values as YAML that ``parse`` reads back as the same values."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
