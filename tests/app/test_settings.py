"""Settings that cannot be used are refused with the name that is wrong, not passed over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.config import Settings
from app.wiring import wire
from scraper.errors import ConfigError
from tests.conftest import settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LEXATLAS_LOG_LEVEL", "LOUD", "LEXATLAS_LOG_LEVEL cannot be used"),
        ("LEXATLAS_ADMINKEY", "0123456789abcdef", "LEXATLAS_ADMIN_KEY is"),
        ("LEXATLAS_KEEP", "-1", "LEXATLAS_KEEP cannot be used"),
        ("LEXATLAS_DASK", "a scheduler", "LEXATLAS_DASK cannot be used: give the address"),
        ("LEXATLAS_DASK", "tls://me:0123456789abcdef@10.0.0.5:8786", "LEXATLAS_DASK cannot be used: give the address"),
    ],
)
def test_a_wrong_value_or_a_misspelt_name_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Settings.from_env({name: value})
    assert "0123456789abcdef" not in str(caught.value)


def test_names_of_other_programs_and_levels_in_small_letters_pass() -> None:
    found = Settings.from_env({"LEXATLAS_TAG": "1", "LEXATLAS_LOG_LEVEL": "info"})
    assert (found.log_level, found.keep) == ("INFO", 5)


def test_a_build_leaves_as_many_generations_as_are_to_be_kept(sample_data: Path, models: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(sample_data, data)
    services = wire(settings(data, models, LEXATLAS_KEEP="2"))
    (first,) = services.generations.ids()
    for number in range(1, 4):  # older ones, by their names
        shutil.copytree(data / "generations" / first, data / "generations" / f"20200101T00000{number}Z-{'0' * 8}")
    services.prune()
    assert services.generations.ids() == [f"20200101T000003Z-{'0' * 8}", first]
    everything = wire(settings(data, models, LEXATLAS_KEEP="0"))
    everything.prune()
    assert len(everything.generations.ids()) == 2
