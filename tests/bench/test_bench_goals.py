"""Goals, costs and their table: no clock is asserted on."""

import json

from agentscale.bench import AREAS, Goal, Measure, Result
from agentscale.bench.measuring import Cost, cheapest, side_by_side
from agentscale.bench.setting import Setting
from agentscale.bench.table import figure, table


def test_a_goal_is_met_up_to_its_limit_and_unknown_without_a_value() -> None:
    assert [Goal.at_most("x", value, 3.5, "b").met for value in (3.5, 3.51, None)] == [True, False, None]
    assert [Goal.at_least("x", value, 3.5, "b").met for value in (3.5, 3.49, None)] == [True, False, None]
    assert Goal.at_most("x", 1.0, 3.5, "b").want == "<= 3.5"


def test_a_result_is_missed_only_by_a_goal_that_was_measured() -> None:
    unknown, met = Goal.at_least("a", None, 2, "b"), Goal.at_least("a", 3, 2, "b")
    missed = Goal.at_least("a", 1, 2, "b")
    assert not Result("engine", [], [unknown, met]).missed
    assert Result("engine", [], [unknown, met, missed]).missed


def test_the_json_form_has_the_five_keys_of_a_goal_and_is_plain() -> None:
    result = Result("engine", [Measure("call", 1.5, "µs")], [Goal.at_most("ratio", 2.0, 3.0, "bare")], ["a note"])
    plain = json.loads(json.dumps(result.as_json()))
    assert plain["area"] == "engine"
    assert plain["goals"] == [{"name": "ratio", "value": 2.0, "want": "<= 3", "met": True, "baseline": "bare"}]
    assert plain["measures"] == [{"name": "call", "value": 1.5, "unit": "µs", "note": ""}]


def test_contenders_take_turns_and_their_units_divide_the_cost() -> None:
    order: list[str] = []

    def contender(name: str, units: int) -> int:
        order.append(name)
        sum(range(200_000))
        return units

    costs = side_by_side({"few": lambda: contender("few", 1), "many": lambda: contender("many", 10**9)}, turns=3)
    assert order == ["few", "many"] * 3
    assert costs["few"].cpu_s > costs["many"].cpu_s > 0


def test_the_cheapest_turn_counts_for_each_clock_by_itself() -> None:
    assert cheapest([Cost(1.0, 9.0), Cost(2.0, 8.0)]) == Cost(1.0, 8.0)


def test_figures_have_three_digits_and_a_dash_where_nothing_was_measured() -> None:
    assert [figure(value) for value in (0.12345, 123.4, 12345.6, None)] == ["0.123", "123", "12,346", "–"]


def test_the_table_shows_measures_goals_and_notes_and_says_what_is_missed() -> None:
    goals = [Goal.at_most("a ratio", 4.0, 3.0, "the bare loop"), Goal.at_least("another", None, 2.0, "a peer")]
    text = table(Result("engine", [Measure("call", 1234.5, "µs", "twice")], goals, ["one machine"]))
    assert text.splitlines()[1] == "call      1,234  µs  (twice)"
    assert "a ratio  4   <= 3    MISSED        the bare loop" in text
    assert "another  –   >= 2    not measured  a peer" in text
    assert text.endswith("\n\none machine")


def test_a_quick_setting_takes_the_second_size() -> None:
    assert (Setting().size(10, 1), Setting(quick=True).size(10, 1)) == (10, 1)


def test_every_area_is_a_file_and_has_one_line() -> None:
    from importlib.resources import files

    found = {entry.name[:-3] for entry in files("agentscale.bench.areas").iterdir() if entry.name.endswith(".py")}
    assert found - {"__init__"} == set(AREAS)
    assert all(about and "\n" not in about for about in AREAS.values())
