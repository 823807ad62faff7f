"""An answer says how its sources hang together, from the graph's own edges."""

from __future__ import annotations

import httpx

CALLOWAY, WEATHERBY = "franklin:frsc:2005-frsc-014", "franklin:frsc:2009-frsc-022"


def test_that_one_source_undid_another_is_said_in_words(served: str) -> None:
    asked = {"question": "Is Calloway v. Brisbane still good law on adverse possession?", "llm": False}
    reply = httpx.post(f"{served}/v1/answers", json=asked, timeout=60).json()
    cited = {one["document"] for sentence in reply["sentences"] for one in sentence["citations"]}
    assert {CALLOWAY, WEATHERBY} <= cited
    assert {"source": WEATHERBY, "target": CALLOWAY, "kind": "cites"}.items() <= reply["relations"][0].items()
    words = reply["relations"][0]["words"]
    assert words.startswith("Weatherby v. Ostrander, 2009-FRSC-022 says that a statute superseded Calloway v. Brisbane")


def test_the_stream_ends_with_the_same(served: str) -> None:
    asked = {"question": "Is Calloway v. Brisbane still good law on adverse possession?", "llm": False}
    plain = httpx.post(f"{served}/v1/answers", json=asked, timeout=60).json()
    streamed = httpx.post(f"{served}/v1/answers", json=asked | {"stream": True}, timeout=60).text
    last = streamed.split("event: done\ndata: ")[1].split("\n")[0]
    assert httpx.Response(200, text=last).json()["relations"] == plain["relations"]
