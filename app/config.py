"""Settings: the only reader of the environment. Every variable is named LEXATLAS_*; docs/operations.md lists them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from indexing.embedding import EmbedderConfig
from scraper.errors import ConfigError

_PREFIX = "LEXATLAS_"


class _Environment(BaseModel):
    """The variables as written, without their prefix; checked here once, turned into `Settings` below."""

    data: Path = Path("data")
    database_url: str = ""
    models: Path | None = None
    contact: str = ""
    own_hosts: str = ""
    embedder: str = "packaged"
    embedder_backend: str = "onnx"
    embedder_precision: str = "int8"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    cors_origins: str = ""
    llm_base_url: str = ""
    llm_model: str = ""
    llm_api_key: str = ""
    llm_timeout: float = Field(30.0, gt=0, le=600)
    log_level: str = "WARNING"
    workers: int = Field(0, ge=0, le=64)


@dataclass(frozen=True, slots=True)
class LLMConfig:
    """An OpenAI-compatible server; no `base_url` means that answers are extractive."""

    base_url: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, checked and typed."""

    data: Path
    database_url: str
    models: Path
    contact: str
    own_hosts: tuple[str, ...]
    embedder: EmbedderConfig
    host: str
    port: int
    cors_origins: tuple[str, ...]
    llm: LLMConfig
    log_level: str
    workers: int

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, data: Path | None = None) -> Settings:
        """Read a mapping, or the process's environment; raise ConfigError naming the variable that is wrong."""
        found = os.environ if environment is None else environment
        values = {name.removeprefix(_PREFIX).lower(): text for name, text in found.items() if name.startswith(_PREFIX)}
        try:
            raw = _Environment.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]  # a key that is wrong must not be printed
            name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            raise ConfigError(f"{name} cannot be used: {first['msg']}. See docs/operations.md.") from None
        folder = data or raw.data
        return cls(
            data=folder,
            database_url=raw.database_url or f"sqlite:///{(folder / 'store.db').resolve()}",
            models=raw.models or folder / "models",
            contact=raw.contact,
            own_hosts=_words(raw.own_hosts),
            embedder=EmbedderConfig(raw.embedder, raw.embedder_backend, raw.embedder_precision, threads=raw.workers),
            host=raw.host,
            port=raw.port,
            cors_origins=_words(raw.cors_origins),
            llm=LLMConfig(raw.llm_base_url, raw.llm_model, raw.llm_api_key, raw.llm_timeout),
            log_level=raw.log_level.upper(),
            workers=raw.workers,
        )

    def jurisdiction_files(self) -> list[Path]:
        """Return the operator's own tables of jurisdictions."""
        return sorted((self.data / "jurisdictions").glob("*.json"))


def _words(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", " ").split() if part)
