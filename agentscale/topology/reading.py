"""Reads the structure of a graph file, and nothing else of it: labels, weights and positions play no part.

Files come from anywhere. XML with a document type is refused before anything is expanded, since entities are of no use
in a graph and can grow a small file without bound or name other files. networkx's own readers hand the file to a parser
that expands entities, take other keys than node-link files of before version 3.4 have, and skip lines that they do not
understand: hence this reader.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

import networkx as nx

from agentscale.errors import SpecError

MAX_BYTES = 64 * 2**20
"""Largest file that is read, in bytes."""
MAX_NODES = 10_000
"""Most nodes of a graph from a file."""


class RawGraph(NamedTuple):
    """What a file says: names of nodes, edges between names, each with whether it goes one way."""

    nodes: list[str]
    edges: list[tuple[str, str, bool]]


class _Fault(Exception):
    """What is wrong in a file, and where: the reader turns it into a SpecError that names the file."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


def read_graph(path: Path, directed: bool | None) -> nx.DiGraph:
    """The graph of a file with the nodes 0 … n−1.

    Args:
        path: The file; its ending tells the format.
        directed: Take all edges as directed (or as undirected); ``None``: as the file says.

    Raises:
        SpecError: If the file is missing, too large, of no known format or malformed, has no node or too many, or has
            an edge from a node to itself.
    """
    parse = FORMATS.get(path.suffix.lower())
    if parse is None:
        raise SpecError(
            f"cannot tell the format of a graph from the ending {path.suffix!r}", file=path, allowed=", ".join(FORMATS)
        )
    data = _bytes(path)
    try:
        return _directed(parse(data), directed)
    except _Fault as fault:
        raise SpecError(
            str(fault), file=path, line=fault.line, remedy=f"mend the file: {_REMEDY[path.suffix.lower()]}"
        ) from None


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"the file has more than {MAX_BYTES} bytes", file=path, remedy="keep only nodes and edges")
        return path.read_bytes()
    except FileNotFoundError:
        raise SpecError(
            "no such graph file", file=path, remedy="give a path relative to the file that names it, or an absolute one"
        ) from None
    except OSError as error:
        raise SpecError(f"the graph file cannot be read: {error.strerror}", file=path) from None


def _directed(raw: RawGraph, directed: bool | None) -> nx.DiGraph:
    names = dict.fromkeys([*raw.nodes, *(end for u, v, _ in raw.edges for end in (u, v))])
    if not 1 <= len(names) <= MAX_NODES:
        raise _Fault(f"the graph has {len(names)} nodes; allowed: 1 to {MAX_NODES}")
    index = {name: i for i, name in enumerate(_ordered(names))}
    graph = nx.empty_graph(len(index), create_using=nx.DiGraph)
    for u, v, one_way in raw.edges:
        if u == v:
            raise _Fault(f"node {u!r} has an edge to itself: an agent does not read itself as a peer")
        graph.add_edge(index[u], index[v])
        if not (one_way if directed is None else directed):
            graph.add_edge(index[v], index[u])
    return graph


def _ordered(names: Iterable[str]) -> list[str]:
    listed = list(names)
    whole = all(re.fullmatch(r"-?[0-9]{1,18}", name) for name in listed)
    return sorted(listed, key=int) if whole else listed


def _xml(data: bytes) -> ElementTree.Element:
    """The root of an XML file without a document type."""
    guard = expat.ParserCreate()
    guard.StartDoctypeDeclHandler = _refuse_doctype
    try:
        guard.Parse(data, True)
        return ElementTree.fromstring(data)
    except expat.ExpatError as error:
        raise _Fault(f"not well-formed XML: {expat.errors.messages[error.code]}", error.lineno) from None
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise _Fault(f"not readable as XML: {error}") from None


def _refuse_doctype(*declaration: object) -> None:
    raise _Fault("the file declares a document type, whose entities could expand or name other files")


def _local(element: ElementTree.Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _marked_up(data: bytes, default: str, own: str) -> RawGraph:
    """Nodes and edges of a GraphML or GEXF file, which differ in how they say what is directed."""
    root = _xml(data)
    graphs = [element for element in root.iter() if _local(element) == "graph"]
    if len(graphs) != 1:
        raise _Fault(f"the file holds {len(graphs)} graphs; allowed: exactly one")
    if any(_local(element) == "hyperedge" for element in root.iter()):
        raise _Fault("the file has hyperedges; allowed: edges between two nodes")
    standard = graphs[0].get(default) == "directed"
    nodes = [_attribute(element, "id") for element in graphs[0].iter() if _local(element) == "node"]
    edges = [
        (_attribute(element, "source"), _attribute(element, "target"), _one_way(element.get(own), standard))
        for element in graphs[0].iter()
        if _local(element) == "edge"
    ]
    return _declared(nodes, edges)


def _one_way(said: str | None, standard: bool) -> bool:
    return standard if said is None else said in ("true", "1", "directed")


def _attribute(element: ElementTree.Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise _Fault(f"a <{_local(element)}> has no {name!r}")
    return value


def _declared(nodes: list[str], edges: list[tuple[str, str, bool]]) -> RawGraph:
    """The graph, if every node is declared once and every edge joins declared nodes."""
    known = set(nodes)
    if len(known) != len(nodes):
        raise _Fault("two nodes have the same id")
    for u, v, _ in edges:
        if not {u, v} <= known:
            raise _Fault(f"the edge from {u!r} to {v!r} has an end that is not among the nodes")
    return RawGraph(nodes, edges)


def _graphml(data: bytes) -> RawGraph:
    return _marked_up(data, "edgedefault", "directed")


def _gexf(data: bytes) -> RawGraph:
    return _marked_up(data, "defaultedgetype", "type")


def _node_link(data: bytes) -> RawGraph:
    """The node-link form of networkx; edges stand under ``edges``, or under ``links`` as before networkx 3.4."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _Fault(f"not JSON: {error}", getattr(error, "lineno", None)) from None
    match value:
        case {"nodes": list(nodes), "edges": list(edges)} | {"nodes": list(nodes), "links": list(edges)}:
            one_way = value.get("directed", False) is True
            ends = [(_key(edge, "source"), _key(edge, "target"), one_way) for edge in edges]
            return _declared([_key(node, "id") for node in nodes], ends)
    raise _Fault("not node-link JSON: the lists 'nodes' and 'edges' (or 'links') are missing")


def _key(item: Any, name: str) -> str:
    if not isinstance(item, dict) or not isinstance(item.get(name), str | int):
        raise _Fault(f"{json.dumps(item)[:60]} has no {name!r} that is a text or a whole number")
    return str(item[name])


def _edge_list(data: bytes) -> RawGraph:
    """``u v`` a line, parted by blanks or commas; more columns are ignored; one name alone is a lone node."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _Fault("not UTF-8 text") from None
    nodes: list[str] = []
    edges: list[tuple[str, str, bool]] = []
    for number, line in enumerate(lines, 1):
        parts = [part for part in re.split(r"[,\s]", line.partition("#")[0]) if part]
        if len(parts) > 1 and parts[0] == parts[1]:
            raise _Fault(f"node {parts[0]!r} has an edge to itself: an agent does not read itself as a peer", number)
        nodes += parts[:2]
        edges += [(parts[0], parts[1], True)] if len(parts) > 1 else []
    return RawGraph(nodes, edges)


FORMATS: dict[str, Callable[[bytes], RawGraph]] = {
    ".graphml": _graphml,
    ".gexf": _gexf,
    ".json": _node_link,
    ".edges": _edge_list,
    ".edgelist": _edge_list,
    ".txt": _edge_list,
    ".csv": _edge_list,
}
"""Readers by the ending of the file's name."""

_REMEDY = {
    ".graphml": "one <graph> of <node id> and <edge source target>, no DOCTYPE",
    ".gexf": "one <graph> of <node id> and <edge source target>, no DOCTYPE",
    ".json": '{"directed": true, "nodes": [{"id": 0}, …], "edges": [{"source": 0, "target": 1}, …]}',
} | dict.fromkeys((".edges", ".edgelist", ".txt", ".csv"), "one edge 'u v' a line, '#' starts a comment")
