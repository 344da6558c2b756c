"""What must hold of the study of networks whatever is drawn."""

from __future__ import annotations

import derive


def test_who_never_slips_solves_all_and_who_says_nothing_only_what_needs_no_word() -> None:
    with derive.loaded("networks") as study:
        never = [study.Player("never", 0.0), study.Player("never_but_repeats", 0.0, repeats=True)]
        mute = [study.Player("habit", 0.0, "habit"), study.Player("silent", 0.0, "silence")]
        made = list(study.plays(range(3), (4, 9), tuple(study.PROBLEMS), (*never, *mute), study.GENERATORS))
        assert all(play.solved for play in made if play.player.startswith("never"))
        assert {play.problem for play in made if play.player == "habit" and play.solved} == {"consensus"}
        assert {play.score for play in made if play.player == "silent"} == {0}


def test_slips_in_answers_leave_as_many_as_chance_says() -> None:
    """Each slip turns an answer with chance ½, so (1 − s/2)ⁿ are left; two turned ones may make another leader."""
    with derive.loaded("networks") as study:
        player = study.Player("answers", 0.3, "answers")
        made = list(
            study.plays(range(400), (6,), ("leader_election",), (player,), {"delaunay": study.GENERATORS["delaunay"]})
        )
        turned, n = 0.15, 6
        expected = (1 - turned) ** n + (n - 1) * turned**2 * (1 - turned) ** (n - 2)
        assert abs(sum(play.solved for play in made) / len(made) - expected) < 0.08


def test_a_fitted_law_finds_the_rate_that_was_planted() -> None:
    with derive.loaded("networks") as study:
        rng = study.np.random.default_rng(0)
        made = [
            study.Play("coloring", "delaunay", n, graph, "slips", 0.05, float(rng.random() < 0.97**n), 5, 2)
            for n in (4, 8, 16)
            for graph in range(400)
        ]
        found = study.fit("coloring", "agents", made)
        assert found.low < -20 * study.np.log(0.97) < found.high
