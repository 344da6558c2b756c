"""Mazes: every one has the way that is promised, no two agents see the same, and a way is worth what it reaches."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentscale.environments import resolve
from agentscale.environments.mazes import Mazes
from agentscale.environments.mazes.grid import HIDDEN, WALL, Maze, Place, shortest_way
from agentscale.environments.mazes.routes import places, progress, reached, read, written
from agentscale.environments.mazes.views import drawing, drawings, merged, views
from agentscale.errors import SpecError
from agentscale.schema.run import Named
from tests.environments.test_every_world import Case, by_policies, by_policy, played

SEEDS = st.integers(0, 10_000)


def graph_of(maze: Maze) -> nx.Graph:
    """The free cells and who adjoins whom, as a library sees it."""
    size = len(maze.rows)
    graph = nx.grid_2d_graph(size, size)
    graph.remove_nodes_from([(r, c) for r in range(size) for c in range(size) if maze.rows[r][c] == WALL])
    return graph


@settings(max_examples=30)
@given(seed=SEEDS, size=st.integers(5, 9))
def test_a_maze_has_its_walls_and_a_shortest_way_within_the_window(seed: int, size: int) -> None:
    world = Mazes(size=size, seed=seed, density=0.3, shortest=(5, 9))
    maze = world.maze
    assert "".join(maze.rows).count(WALL) == round(0.3 * size**2)
    assert 5 <= maze.shortest <= 9
    assert maze.shortest == nx.shortest_path_length(graph_of(maze), maze.start, maze.goal)


@settings(max_examples=30)
@given(seed=SEEDS)
def test_the_way_that_is_found_is_a_shortest_one_and_is_worth_everything(seed: int) -> None:
    maze = Mazes(seed=seed).maze
    way = shortest_way(maze.start, maze.goal, maze.passable)
    assert nx.is_path(graph_of(maze), way)
    assert len(way) - 1 == nx.shortest_path_length(graph_of(maze), maze.start, maze.goal)
    assert progress(maze, way) == progress(maze, way[1:]) == 1.0


@settings(max_examples=30)
@given(seed=SEEDS, n=st.integers(2, 5))
def test_every_cell_is_seen_by_exactly_one_and_start_and_goal_by_all(seed: int, n: int) -> None:
    maze = Mazes(seed=seed).maze
    parts = views(maze, n, seed)
    for row, text in enumerate(maze.rows):
        for column, cell in enumerate(text):
            seen = [part[row][column] for part in parts if part[row][column] != HIDDEN]
            assert seen == [cell] * (n if Place(row, column) in (maze.start, maze.goal) else 1)
    assert merged(list(parts)) == maze.rows
    counts = [sum(row.count(HIDDEN) for row in part) for part in parts]
    assert max(counts) - min(counts) <= 1


@settings(max_examples=30)
@given(seed=SEEDS, n=st.integers(2, 4))
def test_maps_are_read_back_from_the_text_in_which_they_are_drawn(seed: int, n: int) -> None:
    parts = views(Mazes(seed=seed).maze, n, seed)
    assert drawings("\n".join(f"Map {at}:\n{drawing(part)}" for at, part in enumerate(parts))) == list(parts)


@settings(max_examples=30)
@given(seed=SEEDS, data=st.data())
def test_progress_is_the_share_of_the_distance_that_the_legal_beginning_closes(seed: int, data: st.DataObject) -> None:
    maze = Mazes(seed=seed).maze
    step = st.builds(Place, st.integers(-1, 6), st.integers(-1, 6))
    way = data.draw(st.lists(step, max_size=4))
    walk = [maze.start]
    for turn in data.draw(st.lists(st.integers(0, 3), max_size=12)):
        walk.append(walk[-1].neighbours[turn])
    for tried in (way, walk, walk[1:]):
        here, steps = reached(maze, tried)
        value = progress(maze, tried)
        left = nx.shortest_path_length(graph_of(maze), here, maze.goal)
        assert value == pytest.approx(max(0.0, (maze.shortest - left) / maze.shortest))
        assert (value == 1.0) == (here == maze.goal)
        assert steps <= len(tried)


def test_a_way_through_a_wall_counts_up_to_the_wall() -> None:
    maze = Maze(("S.#", "...", "#.G"), Place(0, 0), Place(2, 2))
    assert progress(maze, places("(1,1) (1,2) (1,3) (2,3) (3,3)")) == pytest.approx(1 / 4)
    assert progress(maze, places("(1,2) (2,2) (2,3) (3,3)")) == 1.0
    assert progress(maze, places("(1,1) (3,3)")) == 0.0  # no leap
    assert progress(maze, places("(2,1) (1,1) (1,2)")) == pytest.approx(1 / 4)
    assert progress(maze, ()) == 0.0


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("Route: (1,1) (1,2)", ((0, 0), (0, 1))),
        ("They said Route: (9,9).\nRoute: ( 1 , 1 ), (2,1)", ((0, 0), (1, 0))),
        ("Route: none", ()),
        ("Route: None was agreed on.", ()),
        ("(1,1) (1,2)", None),
        ("Route: up, up, left", None),
        ("", None),
    ],
)
def test_the_grader_is_read_behind_its_last_mark(text: str, way: tuple[tuple[int, int], ...] | None) -> None:
    assert read(text) == way


@settings(max_examples=30)
@given(st.lists(st.builds(Place, st.integers(0, 98), st.integers(0, 98)), min_size=1, max_size=8))
def test_a_way_is_read_as_it_is_written(way: list[Place]) -> None:
    assert places(written(way)) == tuple(way)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"shortest": [9, 7]}, "least ≤ greatest"),
        ({"shortest": [0, 7]}, "1 ≤ least"),
        ({"size": 3, "shortest": [9, 9]}, "of 500 with 3 walls on 3 × 3 cells none has"),
        ({"density": 0.95}, "choose a larger size or another density"),
        ({"size": -6}, "greater than or equal to 2"),
        ({"density": 1.0}, "less than 1"),
        ({"sise": 6}, "size"),
    ],
)
def test_a_maze_that_cannot_be_is_refused_with_the_reason(parameters: dict[str, object], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        resolve(Named(name="mazes", parameters=parameters))


def test_a_team_that_fits_no_seat_is_refused() -> None:
    world = Mazes(seats=3)
    assert [n for n in range(1, 9) if world.unfit(n, ()) is None] == [1, 3, 4, 5, 6]
    assert "3, or for a relay up to 6; the team has 2" in str(world.unfit(2, ()))


@settings(max_examples=15)
@given(seed=SEEDS, n=st.sampled_from([1, 2, 3, 4]), alone=st.sampled_from(["full", "parts"]))
def test_scripted_players_solve_every_maze_by_a_shortest_way(seed: int, n: int, alone: str) -> None:
    case = Case("mazes", {"seed": seed, "alone": alone, "hand_over": 1}, n)
    measures = case.made.score(by_policy(case, "optimal").states[-1]).measures
    assert (measures["solved"], measures["progress"], measures["excess"], measures["agreed"]) == (1.0, 1.0, 0.0, 1.0)


def test_three_parts_are_put_together_by_three_agents() -> None:
    case = Case("mazes", {"seed": 5, "seats": 3}, 3)
    assert case.made.score(by_policy(case, "optimal").states[-1]).correct


def test_nobody_is_graded_who_has_not_said_a_word() -> None:
    outcome = by_policy(Case("mazes", {"turns": 6}, 2), "silent")
    measures = Mazes().score(outcome.states[-1]).measures
    assert outcome.counts["rounds"] == 6  # the turns alone, and no grader
    assert (measures["progress"], measures["silent"], measures["unreadable"]) == (0.0, 1.0, None)


def test_in_a_relay_the_heirs_sit_down_at_the_turn_of_the_hand_over() -> None:
    world = Mazes(hand_over=3)
    assert [world.speaker(4, turn) for turn in range(7)] == [0, 1, 0, 3, 2, 3, 2]
    assert [world.speaker(3, turn) for turn in range(7)] == [0, 1, 0, 1, 2, 1, 2]
    assert [world.speaker(2, turn) for turn in range(5)] == [0, 1, 0, 1, 0]


def test_an_heir_is_told_the_whole_dialogue_and_the_map_of_its_seat_once() -> None:
    world = Mazes(hand_over=2, turns=6)
    told = []
    played(Case("mazes", {"hand_over": 2, "turns": 6}, 4), lambda seen, turn: told.append(seen) or f"Word {turn}.")
    heir = told[2]
    assert (heir.who, heir.text, heir.reads) == (2, "You: Word 1.\nAgent 2: Word 2.", (0, 1))
    assert heir.rules == told[0].rules
    assert told[4].text == "Agent 2: Word 4."
    assert told[-1].role == "grader"
    assert all(f"Agent {1 + at % 2}: Word {at + 1}." in told[-1].text for at in range(6))
    assert WALL not in told[-1].text + told[-1].rules
    assert world.observe(world.start(4, (), None))[0] == told[0]  # type: ignore[arg-type]  # nothing is drawn


def test_the_dialogue_ends_when_the_latest_words_of_all_agree() -> None:
    words = ["AGREED", "Not yet.", "Then AGREED.", "I am DISAGREED", "Well.", "AGREED!", "AGREED", "Route: none"]
    states = played(Case("mazes", {}, 2), lambda seen, turn: words[turn - 1])
    assert states[-1].lines == tuple(words[:7])
    assert Mazes().score(states[-1]).measures["agreed"] == 1.0


def test_the_same_maze_is_played_by_every_team() -> None:
    alone, pair = (Mazes(seed=9), Mazes(seed=9, turns=4))
    assert alone.maze == pair.maze
    assert alone.maze != Mazes(seed=10).maze


@pytest.mark.parametrize(
    ("names", "solved"),
    [
        (["optimal", "silent"], False),
        (["optimal", "silent", "silent", "optimal"], True),
        (["optimal", "silent", "optimal", "silent"], False),
        (["optimal", "optimal", "silent", "silent"], True),  # the way was proposed before they fell silent
    ],
)
def test_a_silent_seat_is_made_good_by_handing_it_over_to_somebody_who_speaks(names: list[str], solved: bool) -> None:
    relay = Case("mazes", {"seed": 3, "hand_over": 2, "turns": 8}, len(names))
    assert relay.made.score(by_policies(relay, names).states[-1]).correct is solved
