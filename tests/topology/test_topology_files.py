from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentscale.errors import SpecError
from agentscale.schema.run import Named
from agentscale.topology import build, resolve
from agentscale.topology.reading import FORMATS

PRESETS = Path(__file__).parents[2] / "topologies"
GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="{}">{}</graph></graphml>'


def of_file(path: Path, n: int, **parameters: object) -> nx.DiGraph:
    return build(resolve(Named(name="file", parameters={"path": path.name, **parameters}), path.parent), n, 0)


def fault(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        resolve(Named(name="file", parameters={"path": path.name}), path.parent)
    assert caught.value.file == str(path)
    return caught.value


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


WRITERS = {
    "graph.graphml": nx.write_graphml,
    "graph.gexf": nx.write_gexf,
    "graph.edges": nx.write_edgelist,
    "graph.json": lambda graph, path: path.write_text(json.dumps(nx.node_link_data(graph, edges="edges"))),
    "links.json": lambda graph, path: path.write_text(json.dumps(nx.node_link_data(graph, edges="links"))),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_directed_graph_that_networkx_wrote_is_read_as_it_was(name, tmp_path):
    graph = nx.gnp_random_graph(12, 0.3, seed=3, directed=True)
    WRITERS[name](graph, tmp_path / name)
    assert set(of_file(tmp_path / name, 12).edges) == set(graph.edges)


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"graph.edges"}))
def test_undirected_edges_go_both_ways(name, tmp_path):
    WRITERS[name](nx.path_graph(3), tmp_path / name)
    assert set(of_file(tmp_path / name, 3).edges) == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert len(of_file(tmp_path / name, 3, directed=True).edges) == 2


def test_an_edge_list_is_directed_unless_it_is_said_otherwise(tmp_path):
    path = written(tmp_path, "pairs.csv", "# who, reader\n2,0\n0,1  # first to second\n\n3\n")
    assert set(of_file(path, 4).edges) == {(2, 0), (0, 1)}
    assert set(of_file(path, 4, directed=False).edges) == {(2, 0), (0, 2), (0, 1), (1, 0)}


def test_names_become_agents_in_the_order_of_the_file_and_numbers_in_their_own(tmp_path):
    assert set(of_file(written(tmp_path, "a.txt", "zoe ann\nann bob\n"), 3).edges) == {(0, 1), (1, 2)}
    assert set(of_file(written(tmp_path, "b.txt", "10 9\n9 -1\n"), 3).edges) == {(2, 1), (1, 0)}


def test_a_file_has_one_size(tmp_path):
    path = written(tmp_path, "a.txt", "a b\nb c\n")
    topology = resolve(Named(name="file", parameters={"path": "a.txt"}), tmp_path)
    assert topology.unfit(3) is None
    assert topology.unfit(4) == "a.txt has 3 nodes, not 4"
    with pytest.raises(SpecError, match="has 3 nodes, not 4"):
        of_file(path, 4)


def test_an_absolute_path_needs_no_folder(tmp_path):
    path = written(tmp_path, "a.txt", "a b\n")
    assert resolve(Named(name="file", parameters={"path": str(path)}), Path("elsewhere")).unfit(2) is None


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "relative to the file" in str(fault(tmp_path / "none.graphml"))


def test_a_folder_is_no_graph(tmp_path):
    (tmp_path / "folder.json").mkdir()
    assert "cannot be read" in str(fault(tmp_path / "folder.json"))


def test_an_unknown_ending_tells_the_known_ones(tmp_path):
    assert ".graphml" in str(fault(written(tmp_path, "graph.dot", "digraph {}")).allowed)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12))
    + ']><graphml><graph><node id="&m;"/></graph></graphml>'
)
OTHER_FILE = (
    '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/hostname">]><graphml><graph><node id="&x;"/></graph></graphml>'
)


@pytest.mark.parametrize("ending", ["graphml", "gexf"])
@pytest.mark.parametrize("text", [BOMB, OTHER_FILE, BOMB.encode("utf-16")], ids=["bomb", "other file", "utf-16"])
def test_entities_are_never_expanded(text, ending, tmp_path):
    if isinstance(text, bytes):
        text = text.decode("utf-16").replace('version="1.0"', 'version="1.0" encoding="utf-16"').encode("utf-16")
    assert "document type" in fault(written(tmp_path, f"graph.{ending}", text)).problem


NODE = '<node id="a"/><node id="b"/>'
MALFORMED = [
    ("graph.graphml", "", "not well-formed"),
    ("graph.graphml", "<graphml><graph>", "not well-formed"),
    ("graph.graphml", b"\xff\xfe\x00", "not well-formed"),
    ("graph.graphml", '<?xml version="1.0" encoding="klingon"?><graphml/>', "XML"),
    ("graph.graphml", "<graphml/>", "0 graphs"),
    ("graph.graphml", GRAPHML.format("directed", ""), "0 nodes"),
    ("graph.graphml", GRAPHML.format("directed", "<node/>"), "<node> has no 'id'"),
    ("graph.graphml", GRAPHML.format("directed", NODE + NODE), "same id"),
    ("graph.graphml", GRAPHML.format("directed", NODE + '<edge source="a"/>'), "<edge> has no 'target'"),
    ("graph.graphml", GRAPHML.format("directed", NODE + '<edge source="a" target="c"/>'), "not among the nodes"),
    ("graph.graphml", GRAPHML.format("directed", NODE + '<edge source="a" target="a"/>'), "edge to itself"),
    ("graph.graphml", GRAPHML.format("directed", NODE + "<hyperedge/>"), "hyperedges"),
    ("graph.graphml", GRAPHML.format("directed", NODE + "<graph/>"), "2 graphs"),
    ("graph.json", "", "not JSON"),
    ("graph.json", "[" * 100_000, "not JSON"),
    ("graph.json", b"\xff", "not JSON"),
    ("graph.json", "[]", "not node-link"),
    ("graph.json", '{"nodes": {}, "edges": []}', "not node-link"),
    ("graph.json", '{"nodes": [], "edges": []}', "0 nodes"),
    ("graph.json", '{"nodes": [1], "edges": []}', "has no 'id'"),
    ("graph.json", '{"nodes": [{"id": [1]}], "edges": []}', "has no 'id'"),
    ("graph.json", '{"nodes": [{"id": 1}], "edges": [{"source": 1}]}', "has no 'target'"),
    ("graph.json", '{"nodes": [{"id": 1}], "edges": [{"source": 1, "target": 2}]}', "not among"),
    ("graph.txt", "", "0 nodes"),
    ("graph.txt", "# only words\n", "0 nodes"),
    ("graph.txt", b"\xff\xfe", "not UTF-8"),
]


@pytest.mark.parametrize(("name", "text", "problem"), MALFORMED)
def test_a_malformed_file_is_named_with_a_remedy(name, text, problem, tmp_path):
    error = fault(written(tmp_path, name, text))
    assert problem in error.problem
    assert "mend the file" in str(error)


def test_a_fault_in_a_text_file_tells_its_line(tmp_path):
    assert fault(written(tmp_path, "a.txt", "a b\n\nb b\n")).line == 3
    assert fault(written(tmp_path, "a.json", '{"nodes": [],\n "edges": }')).line == 2
    assert fault(written(tmp_path, "a.graphml", "<graphml>\n</graph>")).line == 2


def test_too_many_nodes_are_refused(tmp_path):
    path = written(tmp_path, "a.txt", "\n".join(f"{i} {i + 1}" for i in range(10_000)))
    assert "10001 nodes; allowed: 1 to 10000" in fault(path).problem


def test_too_large_a_file_is_not_even_read(tmp_path):
    path = tmp_path / "a.graphml"
    with path.open("wb") as file:
        file.truncate(2**26 + 1)
    assert "more than 67108864 bytes" in fault(path).problem


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from(sorted(FORMATS)),
    data=st.binary(max_size=200),
    head=st.sampled_from([b"", b"<graphml>", b"{"]),
)
def test_no_bytes_break_the_reader(ending, data, head, tmp_path):
    path = written(tmp_path, f"graph{ending}", head + data)
    named = Named(name="file", parameters={"path": path.name})
    faults = []
    try:
        assert resolve(named, tmp_path).unfit(10**9)
    except SpecError as error:
        faults.append(error.file)
    assert faults in ([], [str(path)])


def presets() -> list[dict[str, object]]:
    return [
        yaml.safe_load(path.read_text(encoding="utf-8")) | {"file": path} for path in sorted(PRESETS.glob("*.yaml"))
    ]


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset["name"])
def test_every_preset_names_itself_and_builds_a_team_of_eight_or_ten(preset):
    path = preset.pop("file")
    assert path.stem == preset["name"]
    assert set(preset) == {"name", "description", "generator", "parameters"}
    topology = resolve(Named(name=preset["generator"], parameters=preset["parameters"]), PRESETS)
    assert nx.is_weakly_connected(build(topology, 10 if preset["name"] == "mixture" else 8, 0))


def test_there_is_no_program_among_the_presets():
    assert list(PRESETS.rglob("*.py")) == []
