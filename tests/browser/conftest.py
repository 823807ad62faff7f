"""Chromium, headless, and a tab that tells what went wrong in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]


@dataclass
class Watch:
    """What a tab did that a page of ours must never do, collected while it is open."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def clean(self) -> bool:
        """Whether nothing was collected."""
        return not (self.errors or self.foreign or self.dialogs)


OpenTab = Callable[..., AbstractContextManager[tuple[Page, Watch]]]


# Playwright's synchronous interface keeps an event loop running in this thread, so it ends with the module.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the Chromium that the machine has; skip where it has none."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("No Chromium on this machine; `make browser` installs it on Debian")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(chromium: Browser) -> OpenTab:
    """Return a function that opens a watched tab for one origin; options go to the browser context."""

    @contextmanager
    def open_one(base: str, **options: Any) -> Iterator[tuple[Page, Watch]]:
        origin = urlsplit(base).netloc
        watch = Watch()
        with chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}) as context:
            page = context.new_page()
            page.on("pageerror", lambda error: watch.errors.append(str(error)))
            page.on("console", lambda line: watch.errors.append(line.text) if line.type == "error" else None)
            page.on("request", lambda request: note_foreign(watch, origin, request.url))
            page.on("websocket", lambda socket: note_foreign(watch, origin, socket.url))
            page.on("dialog", lambda dialog: (watch.dialogs.append(dialog.message), dialog.dismiss()))
            yield page, watch

    return open_one


def note_foreign(watch: Watch, origin: str, url: str) -> None:
    """Write down an address that leads to another host."""
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob", "about"} and parts.netloc != origin:
        watch.foreign.append(url)
