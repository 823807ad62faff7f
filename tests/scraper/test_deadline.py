"""Work that never ends is interrupted, in the middle of a regular expression too; what ends in time is left alone."""

from __future__ import annotations

import re
import signal
import threading

import pytest

from scraper.deadline import DeadlinePassed, deadline
from scraper.errors import ParseError
from scraper.interfaces import Page, ParsedPage
from scraper.visit import read_page
from tests.scraper.toy import ToySource

ENDLESS = re.compile(r"(?:a+)+\Z")


def test_a_regular_expression_without_end_is_interrupted() -> None:
    with pytest.raises(DeadlinePassed), deadline(0.05):
        ENDLESS.match("a" * 60 + "b")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_ends_in_time_is_not_touched_and_timers_of_others_stay() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with deadline(30):
        assert ENDLESS.match("aaa")
        with deadline(0.0001):  # inside another one, which goes on
            sum(range(100_000))
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (before, (0.0, 0.0))


def test_another_thread_runs_without_a_limit() -> None:
    said: list[str] = []

    def work() -> None:
        with deadline(0.0001):
            said.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == ["done"]


class Slow(ToySource):
    """A source whose parser does not end on one page."""

    def parse(self, page: Page) -> ParsedPage:
        ENDLESS.match("a" * 60 + "b")
        return super().parse(page)


def test_a_page_that_hangs_its_parser_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scraper.visit.PARSE_SECONDS", 0.05)
    with pytest.raises(ParseError, match="longer than") as caught:
        read_page(Slow(), Page("https://toy.example/", b""))
    assert caught.value.reason == "slow"
