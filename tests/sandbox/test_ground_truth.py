"""What crash tests and benches build on: the counts are right, the limits hold, the options do what they say."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from masteria.sandbox.sample import SAMPLE_PHONE_NUMBER_ID
from tests.sandbox.conftest import Graph


def sent(graph: Graph, echo: str, to: str = "+5511987650001") -> int:
    return graph.send(to, text={"body": "Oi"}, biz_opaque_callback_data=echo).status_code


def test_the_same_echo_twice_is_a_duplicate(graph: Graph) -> None:
    for echo in ("a", "b", "a", "a"):
        assert sent(graph, echo) == 200
    stats = graph.ask("stats")
    assert (stats["accepted"], stats["unique"], stats["duplicates"]) == (4, 2, 2)
    assert graph.ask("accepted")["data"] == {"a": 3, "b": 1}


def test_duplicates_count_within_one_number(graph: Graph) -> None:
    other = {"phone_number_id": "555", "waba_id": "556", "display_number": "+55 11 4000-0000", "access_token": "other"}
    graph.tell("numbers", **other, app_secret="s", verify_token="v")
    body = {
        "messaging_product": "whatsapp",
        "to": "+5511987650001",
        "text": {"body": "Oi"},
        "biz_opaque_callback_data": "a",
    }
    sent(graph, "a")
    answer = graph.http.post("/555/messages", json=body, headers={"authorization": "Bearer other"})
    assert answer.status_code == 200
    assert graph.ask("stats")["duplicates"] == 0
    assert graph.ask("stats")["numbers"]["555"] == {"accepted": 1, "unique": 1, "duplicates": 0}
    assert graph.ask("accepted?phone_number_id=555")["data"] == {"a": 1}


def test_accepted_since_a_moment(graph: Graph) -> None:
    sent(graph, "early")
    time.sleep(0.02)
    moment = time.time()
    sent(graph, "late")
    assert graph.ask(f"accepted?since={moment}")["data"] == {"late": 1}


def test_windows_and_histogram_agree_with_the_sum(graph: Graph) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: sent(graph, str(n)), range(80)))
    stats = graph.ask("stats")
    assert sum(count for _, count in stats["per_second"]) == stats["accepted"] == 80
    assert 0 < stats["worst_100ms"] <= stats["worst_second"] <= 80
    assert stats["first_at"] <= stats["last_at"]


def test_the_rate_of_a_number_is_held(graph: Graph) -> None:
    graph.tell("options", rate=20)
    answers = [graph.send() for _ in range(60)]
    refused = [a for a in answers if a.status_code == 400]
    assert {a.json()["error"]["code"] for a in refused} == {130429}
    stats = graph.ask("stats")
    assert stats["refused"] == {"130429": len(refused)}
    assert stats["accepted"] == 60 - len(refused)
    # a second's burst, and what the time of sixty calls gives back
    assert 20 <= stats["accepted"] < 60


def test_the_pair_limit_is_for_one_person(graph: Graph) -> None:
    graph.tell("options", pair_limit=True)
    answers = [graph.send("+5511987650002") for _ in range(46)]
    assert [a.status_code for a in answers] == [200] * 45 + [400]
    assert answers[-1].json()["error"]["code"] == 131056
    assert graph.send("+5511987650003").status_code == 200


def test_reset_forgets_the_counts(graph: Graph) -> None:
    sent(graph, "a")
    graph.tell("reset")
    assert graph.ask("stats")["accepted"] == 0
    assert graph.ask("accepted")["data"] == {}


def test_an_unknown_option_is_named(graph: Graph) -> None:
    for body in ({"latenzy": [0, 1]}, {"latency": 3}, {"living": 1}, {"data": "x"}):
        answer = httpx.post(f"{graph.url}/_sandbox/options", json=body)
        assert answer.status_code == 400
        assert next(iter(body)) in answer.json()["error"]["error_data"]["details"]


def test_errors_and_usage_by_option(graph: Graph) -> None:
    graph.tell("options", error_chance=1.0)
    assert sent(graph, "a") == 500
    graph.tell("options", error_chance=0, usage=80)
    answer = graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}")
    assert '"call_count": 80' in answer.headers["x-app-usage"]
    assert "100000000000001" in answer.headers["x-business-use-case-usage"]
    graph.tell("options", usage=100)
    assert graph.http.get(f"/{SAMPLE_PHONE_NUMBER_ID}").json()["error"]["code"] == 80007
    assert graph.ask("accepted")["data"] == {"a": 1}


def test_many_connections_at_once_lose_nothing(graph: Graph) -> None:
    graph.tell("options", latency=[0.01, 0.05], statuses=False, keep_phones=False)
    limits = httpx.Limits(max_connections=64)
    with httpx.Client(limits=limits, trust_env=False, timeout=30) as client, ThreadPoolExecutor(64) as pool:
        url = f"{graph.url}/v25.0/{SAMPLE_PHONE_NUMBER_ID}/messages"

        def one(n: int) -> int:
            body = {"messaging_product": "whatsapp", "to": "+5511987650001", "text": {"body": "Oi"}}
            body["biz_opaque_callback_data"] = str(n)
            return client.post(url, json=body, headers=graph.http.headers).status_code

        assert set(pool.map(one, range(600))) == {200}
    stats = graph.ask("stats")
    assert (stats["accepted"], stats["unique"], stats["duplicates"]) == (600, 600, 0)
