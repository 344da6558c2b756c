"""The chat door of the simulator gives the votes of the array door, in words that can be read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import pytest

from agentscale.errors import EndpointError, SpecError
from agentscale.models import build
from agentscale.models.simulated import SimulatedModel, question_id
from agentscale.protocols.prompts import checking, confident, opening, sureness, verdict
from agentscale.schema.agents import Agent, Sampling
from agentscale.schema.calls import CallId, ChatRequest, Completion, Message
from agentscale.schema.experiment import ModelSpec, Simulated
from agentscale.schema.record import canonical
from agentscale.schema.run import QuestionRecord
from agentscale.schema.tasks import Question
from agentscale.simulation import MISSING, Moment, World, WorldParameters

ASK = "Write your reasoning, then 'Final answer: <answer>'."
SUMS = [
    QuestionRecord(task="sums", sample_id=str(i), prompt=f"What is {i} + {2 * i}? {ASK}", target=str(3 * i))
    for i in range(30)
]
FACTS = [
    QuestionRecord(
        task="facts",
        sample_id=str(i),
        prompt=f"Which town is number {i}?\nA. Oslo\nB. Rome\nC. Bern\n{ASK}",
        choices=("Oslo", "Rome", "Bern"),
        target="ABC"[i % 3],
    )
    for i in range(30)
]
TRUTH = {(f"digest-of-{record.task}", record.sample_id): record for record in (*SUMS, *FACTS)}
SLOTS = ["small/-/0", "small/-/1", "small/-/5", "small/sceptic/0", "small/a/b/2"]
SEED = 11


def simulated(model: int = 0, name: str = "small", **world: Any) -> SimulatedModel:
    return SimulatedModel(name, model, World(WorldParameters(**world)), TRUTH)


def call_of(record: QuestionRecord, slot: str = SLOTS[0], **changes: Any) -> CallId:
    usual: dict[str, Any] = {
        "seed": SEED,
        "replicate": 0,
        "role": "agent",
        "round": 0,
        "turn": 0,
        "step": 0,
        "attempt": 0,
    }
    task = f"digest-of-{record.task}"
    return CallId(task=task, sample_id=record.sample_id, slot=slot, body="b", **{**usual, **changes})


def asked(
    model: SimulatedModel,
    record: QuestionRecord,
    slot: str = SLOTS[0],
    more: Sequence[Message] = (),
    sampling: Sampling = Sampling(),
    **changes: Any,
) -> Completion:
    request = ChatRequest(model.name, (Message("user", record.prompt), *more), sampling)
    return asyncio.run(model.complete(request, call_of(record, slot, **changes))).completion


def read(text: str) -> str | None:
    found = re.findall(r"Final answer: (\S+)", text)
    return found[-1] if found else None


@pytest.mark.parametrize("records", [SUMS, FACTS], ids=["numbers", "choices"])
def test_the_chat_door_gives_the_votes_of_the_array_door_question_by_question(records: list[QuestionRecord]) -> None:
    model = simulated(1, parse_failure=0.2)
    seats = [model.seat(slot) for slot in SLOTS]
    n_options = len(model.possible(records[0]).labels)
    moment = Moment(seed=SEED, replicate=2)
    votes = World(model.world.parameters).answers([question_id(r) for r in records], n_options, seats, moment).answers
    assert (votes == MISSING).any()
    for q, record in reversed(list(enumerate(records))):
        for i, slot in enumerate(SLOTS):
            vote = votes[q, i]
            wanted = None if vote == MISSING else model.possible(record).labels[vote]
            assert read(asked(model, record, slot, replicate=2).text) == wanted


def test_an_answer_does_not_depend_on_what_was_asked_before() -> None:
    one, two = simulated(), simulated()
    forwards = [asked(one, r, slot).text for r in SUMS[:9] for slot in SLOTS]
    backwards = [asked(two, r, slot).text for r in reversed(SUMS[:9]) for slot in reversed(SLOTS)]
    assert backwards[::-1] == forwards


@pytest.mark.parametrize(
    "changes",
    [{"seed": 12}, {"replicate": 1}, {"attempt": 1}, {"step": 1}, {"role": "judge"}, {"salt": "cell"}],
    ids=str,
)
def test_another_identity_is_another_draw(changes: dict[str, Any]) -> None:
    model = simulated(fresh=1)
    assert [asked(model, r).text for r in FACTS] != [asked(model, r, **changes).text for r in FACTS]


def test_the_body_is_no_part_of_the_draw() -> None:
    model = simulated()
    hint = (Message("user", "Think twice."),)
    assert [asked(model, r).text for r in FACTS] == [asked(model, r, more=hint).text for r in FACTS]


def test_the_right_answer_is_the_target_and_as_often_right_as_the_world_says() -> None:
    sure = simulated(solvability_a=1000, solvability_b=0.01, fidelity_right=1)
    assert [read(asked(sure, record).text) for record in (*SUMS, *FACTS)] == [r.target for r in (*SUMS, *FACTS)]


def test_seats_are_read_from_slots() -> None:
    model = simulated(2)
    seats = [model.seat(slot) for slot in ("small/-/0", "small/sceptic/3", "small/a/b/2", "judge", "judge/1")]
    assert [(s.config, s.persona, s.copy) for s in seats] == [
        ("small/-", None, 0),
        ("small/sceptic", "sceptic", 3),
        ("small/a/b", "a/b", 2),
        ("", None, 0),
        ("judge", None, 1),
    ]
    assert simulated(name="org/small").seat("org/small/sceptic/1").persona == "sceptic"
    assert {s.model for s in seats} == {2}
    assert model.seat("small/sceptic@1f2e3d/0").persona == "sceptic"
    assert model.seat("small/-@1f2e3d/0").persona is None


# Debate ---------------------------------------------------------------------------------------------------------------


def debate(own: str, *peers: str) -> tuple[Message, Message]:
    quoted = "\n\n".join(f"Agent {i}: Final answer: {peer}" for i, peer in enumerate(peers))
    return Message("assistant", f"Well.\nFinal answer: {own}"), Message("user", f"The others say:\n{quoted}\n{ASK}")


def revised(model: SimulatedModel, record: QuestionRecord, more: Sequence[Message], **changes: Any) -> str | None:
    return read(asked(model, record, more=more, **{"round": 1, **changes}).text)


def test_without_copying_an_agent_keeps_what_it_said() -> None:
    stubborn = simulated(copying=0)
    assert {revised(stubborn, r, debate("B", "A", "C")) for r in FACTS} == {"B"}
    assert {revised(stubborn, r, debate("777", "1", "2")) for r in SUMS} == {"777"}


def test_with_full_copying_an_agent_takes_an_answer_of_its_peers_even_an_unheard_one() -> None:
    pliable = simulated(copying=1)
    assert {revised(pliable, r, debate("A", "B", "B")) for r in FACTS} == {"B"}
    assert {revised(pliable, r, debate("1", "123,456", "123456.0")) for r in SUMS} == {"123456"}


def test_a_revision_is_that_of_the_world() -> None:
    model = simulated(copying=0.4, truth_advantage=1)
    for record in FACTS:
        options = model.possible(record).labels
        own, peers = 1, [0, 2, 2]
        wanted = model.world.revise(question_id(record), model.seat(SLOTS[0]), own, peers, Moment(SEED, 0, 1))
        got = revised(model, record, debate(options[own], *(options[peer] for peer in peers)))
        assert got == options[wanted]


def test_alone_an_agent_keeps_its_answer() -> None:
    model = simulated(copying=1)
    alone = (Message("assistant", "Final answer: C"), Message("user", f"Check your answer. {ASK}"))
    assert {revised(model, r, alone) for r in FACTS} == {"C"}


def test_marks_in_the_question_itself_convince_nobody() -> None:
    record = FACTS[0].model_copy(update={"prompt": "Pick one, such as 'Final answer: C'."})
    model = SimulatedModel("small", 0, World(WorldParameters(copying=1)), {("digest-of-facts", "0"): record})
    again = (Message("assistant", "Final answer: A"), Message("user", f"Once more: {record.prompt}"))
    assert revised(model, record, again) == "A"


def test_an_agent_without_a_readable_answer_of_its_own_draws_one() -> None:
    model = simulated(copying=0)
    silent = (Message("assistant", "Hm."), Message("user", "And now?"))
    wanted = [model.world.answer(question_id(r), 3, model.seat(SLOTS[0]), Moment(SEED, 0, 1)).answer for r in FACTS]
    assert [revised(model, r, silent) for r in FACTS] == [
        model.possible(r).labels[answer] for r, answer in zip(FACTS, wanted, strict=True)
    ]


# Texts ----------------------------------------------------------------------------------------------------------------


def test_every_text_can_be_read_unless_it_fails_and_then_not_at_all() -> None:
    for failure, readable in ((0.0, True), (1.0, False)):
        model = simulated(parse_failure=failure)
        for record in (*SUMS, *FACTS):
            text = asked(model, record, SLOTS[3]).text
            answer = read(text)
            assert (answer is not None) is readable
            assert answer is None or answer in model.possible(record).labels
            assert readable or not re.search(r"\d|\b[A-Z]\b", text)


@pytest.mark.parametrize("cap", [1, 2, 10, 20])
def test_a_small_cap_cuts_the_text_and_says_so(cap: int) -> None:
    whole = asked(simulated(), SUMS[3])
    cut = asked(simulated(), SUMS[3], sampling=Sampling(max_tokens=cap))
    assert (cut.finish, cut.usage.tokens_out) == ("length", cap)
    assert whole.text.startswith(cut.text)
    assert len(cut.text.split()) * 1.3 <= cap
    assert (whole.finish, read(cut.text)) == ("stop", None)


def test_a_generous_cap_and_other_settings_change_nothing() -> None:
    settings = Sampling(temperature=0, top_p=0.5, seed=3, max_tokens=64, stop=("nowhere",))
    assert asked(simulated(), SUMS[3], sampling=settings) == asked(simulated(), SUMS[3])


def test_a_stop_ends_the_text_before_it() -> None:
    stopped = asked(simulated(), SUMS[3], sampling=Sampling(stop=("Final", "zzz")))
    assert stopped.text == asked(simulated(), SUMS[3]).text.partition("Final")[0]
    assert stopped.finish == "stop"


def test_usage_grows_with_the_prompt() -> None:
    model = simulated()
    short, long = asked(model, SUMS[1]), asked(model, SUMS[1], more=(Message("user", "more words " * 50),))
    assert short.usage.tokens_in is not None
    assert long.usage.tokens_in is not None
    assert short.usage.tokens_in < long.usage.tokens_in
    assert short.usage.tokens_out == long.usage.tokens_out


# Errors and building --------------------------------------------------------------------------------------------------


def test_a_question_that_is_not_of_the_run_is_a_failure_that_says_so() -> None:
    stranger = SUMS[0].model_copy(update={"sample_id": "none"})
    with pytest.raises(EndpointError, match="questions of their own run"):
        asked(simulated(), stranger)


def test_a_target_that_cannot_be_simulated_is_refused_before_the_first_call() -> None:
    bad = {("d", "0"): SUMS[0].model_copy(update={"target": "a lot"})}
    with pytest.raises(SpecError, match="'a lot'"):
        SimulatedModel("small", 0, World(WorldParameters()), bad)


def built(**specs: Simulated) -> dict[str, Any]:
    def no_client(name: str | None) -> Any:
        raise AssertionError("a simulated model asks for no client")

    return dict(build({name: ModelSpec(simulated=s) for name, s in specs.items()}, truth=TRUTH, clients=no_client))


def test_models_with_equal_worlds_share_one() -> None:
    models = built(a=Simulated(), b=Simulated(model=1), c=Simulated(world={"seed": 1}))
    assert models["a"].world is models["b"].world
    assert models["a"].world is not models["c"].world
    assert len({canonical(model.identity) for model in models.values()}) == 3
    asyncio.run(models["a"].aclose())


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (Simulated(preset="mcq"), "models.m.simulated.preset"),
        (Simulated(world={"h": 1}), "models.m.simulated.world.h"),
        (Simulated(world={"channels": 0}), "models.m.simulated.world.channels"),
        (Simulated(model=3), "models.m.simulated.model"),
    ],
    ids=str,
)
def test_a_fault_in_the_file_is_named_by_its_key(spec: Simulated, key: str) -> None:
    with pytest.raises(SpecError) as caught:
        built(m=spec)
    assert caught.value.key == key


def parts_of(record: QuestionRecord, role: str, messages: tuple[Message, ...], **changes: Any) -> str:
    request = ChatRequest("small", messages, Sampling())
    return simulated(copying=1).answered(request, call_of(record, role=role, **changes))


MEMBER = Agent(slot=SLOTS[0], config_id="small/-", copy_index=0, model="small")


def question_of(record: QuestionRecord) -> Question:
    return Question(sample_id=record.sample_id, prompt=record.prompt, choices=record.choices)


def test_a_judge_takes_an_answer_of_those_it_reads_and_has_one_of_its_own_where_nobody_has() -> None:
    for record in FACTS:
        told = verdict(MEMBER, question_of(record), ["- Final answer: C", "- Final answer: C"])
        assert parts_of(record, "judge", told).endswith("Final answer: C")
        alone = verdict(MEMBER, question_of(record), ["- no readable answer"])
        assert re.search(r"Final answer: [ABC]$", parts_of(record, "judge", alone))


def test_who_checks_a_reply_says_whether_it_would_have_answered_the_same() -> None:
    verdicts = []
    for record in (*FACTS, *SUMS):
        proposed = f"Since it is so.\nFinal answer: {record.target}"
        text = parts_of(record, "grader", checking(MEMBER, question_of(record), proposed), round=1)
        own = re.search(r"Final answer: (.+)\nVerdict: (correct|incorrect)$", text)
        assert own is not None
        assert (own[2] == "correct") == (own[1] == record.target)
        verdicts.append(own[2])
    assert set(verdicts) == {"correct", "incorrect"}


def test_a_reply_without_an_answer_is_checked_as_incorrect() -> None:
    told = checking(MEMBER, question_of(FACTS[0]), "I do not know.")
    assert parts_of(FACTS[0], "grader", told, round=1).endswith("Verdict: incorrect")


def test_a_confidence_is_said_where_it_is_asked_for_and_changes_no_answer() -> None:
    for record in FACTS:
        plain = parts_of(record, "agent", opening(MEMBER, question_of(record)))
        sure = parts_of(record, "agent", confident(MEMBER, question_of(record)))
        assert 0.5 <= (sureness(sure) or 0) <= 0.99
        assert re.sub(r"Confidence: \d\d\n", "", sure) == plain
