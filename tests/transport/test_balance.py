"""Several addresses of one endpoint: the idlest is asked, a sick one is set aside and tried again."""

import asyncio
from collections import Counter

import httpx
from hypothesis import given
from hypothesis import strategies as st

from agentscale.transport import Address, EndpointClient
from agentscale.transport.control.balance import FIRST_ASIDE_S, Balance


@given(st.integers(1, 8), st.integers(1, 60))
def test_requests_that_do_not_end_are_spread_evenly(n: int, requests: int) -> None:
    balance = Balance(n)
    taken = Counter(balance.take(0.0) for _ in range(requests))
    assert max(taken.values()) - min(taken.get(at, 0) for at in range(n)) <= 1


def test_a_server_that_fails_is_left_alone_for_longer_each_time_and_then_tried_again() -> None:
    balance, now = Balance(2), 0.0
    for faults in range(3):
        while (at := balance.take(now)) != 0:
            balance.give_back(at, now, well=True)
            now += 1.0
        balance.give_back(0, now, well=False)
        aside_s = FIRST_ASIDE_S * 2**faults
        assert {balance.take(now + aside_s - 0.01) for _ in range(3)} == {1}
        for _ in range(3):
            balance.give_back(1, now, well=True)
        now += aside_s
        back = balance.take(now)
        assert back == 0
        balance.give_back(back, now, well=None)


def test_where_all_are_sick_the_one_that_is_due_first_is_tried() -> None:
    balance = Balance(2)
    for at in (0, 1):
        assert balance.take(float(at)) == at
        balance.give_back(at, float(at), well=False)
    assert balance.take(1.5) == 0


def test_calls_go_round_a_dead_server_and_none_is_lost() -> None:
    asked: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        asked[request.url.host] += 1
        if request.url.host == "dead":
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={"ok": request.url.host})

    async def main() -> list[object]:
        address = Address("here", "http://dead/v1", replicas=("http://one/v1", "http://two/v1"))
        client = EndpointClient(address, transport=httpx.MockTransport(answer))
        made = [asyncio.create_task(client.post_json("/x", {"n": n})) for n in range(30)]
        await asyncio.wait(made)
        await client.aclose()
        return [task.result().data["ok"] for task in made]

    said = asyncio.run(main())
    assert set(said) == {"one", "two"}
    assert asked["dead"] <= 12
    assert abs(asked["one"] - asked["two"]) <= 15
