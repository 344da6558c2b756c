"""The baselines do the work that they claim to do, and agentscale does the same beside them."""

from agentscale.bench import bare
from agentscale.bench.areas import engine, replay, transport
from agentscale.bench.desk import calls_made, desk, endpoint_model, scripted
from agentscale.bench.endpoint import body
from agentscale.bench.serving import serving


def test_every_way_of_asking_gets_all_its_answers_from_the_endpoint() -> None:
    with serving("endpoint") as server, desk(questions=2) as bench:
        url = f"{server}/0/v1"
        assert bare.by_aiohttp(url, 20, 4) == 20
        assert bare.by_httpx(url, 20, 4) == 20
        assert transport.by_client(url, 20, 4) == 20
        assert transport.recorded(bench, url, 32, 4) == 32


def test_a_call_that_plain_httpx_gives_up_is_not_counted_as_answered() -> None:
    with serving("endpoint") as server:
        assert bare.by_httpx(f"{server}/2000/v1", 3, 3, patience_s=0.05) == 0


def test_requests_and_answers_have_the_sizes_that_are_claimed() -> None:
    assert 900 <= len(bare.request(bare.PROMPT)) <= 1200
    assert 1900 <= len(body()) <= 2300
    assert bare.text_of(body("said")) == "said"


def test_the_bare_debate_and_the_recorded_one_make_the_same_calls() -> None:
    with desk(questions=3) as bench:
        assert bare.by_asyncio(3, engine.AGENTS, engine.ROUNDS) == 24
        assert engine.debate(bench, 3, "record") == engine.debate(bench, 3, "live") == 24
        assert engine.vote(bench, 2, 5) == 10


def test_what_is_read_back_is_what_was_recorded() -> None:
    with desk(questions=2) as bench:
        made = bench.run(bench.experiment(models={"one": scripted()}, team={"size": 4, "layer": "L1"}))
        assert calls_made(made) == replay.opened(made.folder) == replay.by_key(made.folder) == 8
        assert replay.played(made.path, 8) == 8


def test_nothing_of_a_desk_stays_behind() -> None:
    with desk(questions=1) as bench:
        bench.run(bench.experiment(models={"one": scripted()}))
        kept = bench.path
    assert not kept.exists()


def test_an_endpoint_model_has_the_limits_that_it_is_given() -> None:
    keys = endpoint_model("http://127.0.0.1:9/v1", 7, timeout_s=2.0)
    assert keys["endpoints"]["here"] == {"base_url": "http://127.0.0.1:9/v1", "max_in_flight": 7, "timeout_s": 2.0}
