"""What worlds read stands behind a mark, however that is set."""

from __future__ import annotations

import pytest

from agentscale.environments.amounts import amount
from agentscale.environments.commons.views import read_summary, read_turn
from agentscale.environments.donor.views import read_strategy
from agentscale.environments.marks import behind
from agentscale.environments.mazes import routes
from agentscale.environments.network.reading import final_answer
from agentscale.environments.routing.words import action_of


@pytest.mark.parametrize("mark", ["Choice:", "**Choice:**", "**Choice**:", "choice :", "Choice: J or\nCHOICE:"])
def test_a_mark_is_found_in_any_case_and_emphasis_and_the_last_one_counts(mark: str) -> None:
    assert (behind(f"I think.\n{mark} F", "Choice:") or "").strip("* ") == "F"


def test_without_a_mark_nothing_stands_behind_it() -> None:
    assert behind("My choice is F", "Choice:") is None


@pytest.mark.parametrize("emphasis", ["{}:", "**{}:**", "**{}**:", "__{}__:"])
def test_every_world_reads_a_mark_however_it_is_emphasised(emphasis: str) -> None:
    def marked(mark: str, said: str) -> str:
        return f"Well.\n{emphasis.format(mark)} {said}"

    given = amount(marked("Final answer", "10"))
    assert given is not None
    assert given.number == 10
    assert final_answer(marked("Final answer", "Group 10"), ["Group 1", "Group 10"]) == "Group 10"
    assert action_of(marked("Action", "execute 12"), 1) == ("execute", (12,))
    assert routes.read(marked("Route", "(1,1) (1,2)")) == ((0, 0), (0, 1))
    assert read_strategy(marked("Strategy", "half")) == "half"
    assert read_turn(marked("Next speaker", "2"), 0, 3).to == 1
    assert read_summary(marked("Summary", "peace")).summary == "peace"
