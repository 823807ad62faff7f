"""The served sample, with its description."""

from __future__ import annotations

import pytest

from tests.app.api.schema import Api


@pytest.fixture(scope="session")
def api(served: str) -> Api:
    """A client of the server that serves the sample."""
    return Api(served)
