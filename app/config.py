"""Settings: the only reader of the environment. Every variable is named LEXATLAS_*; docs/operations.md lists them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from indexing.embedding import EmbedderConfig
from scraper.errors import ConfigError

_PREFIX = "LEXATLAS_"
_SECRETS = ("ADMIN_KEY", "COURTLISTENER_TOKEN", "LLM_API_KEY")
_SAID = {
    "admin_key": "give 16 to 200 characters without blanks",
    "dask": "give the address of a scheduler, for instance tls://10.0.0.5:8786",
}


_LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(str.upper)]


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
    log_level: _LogLevel = "WARNING"
    keep: int = Field(5, ge=0, le=10_000)
    workers: int = Field(0, ge=0, le=64)
    dask: str = Field("", pattern=r"^$|^(tcp|tls|ws|wss)://[^\s@?#]+$")  # no key in it: messages name it
    admin_key: str = Field("", pattern=r"^$|^[!-~]{16,200}$")
    courtlistener_token: str = Field("", pattern=r"^[!-~]{0,200}$")
    full_every: int = Field(30, ge=0, le=3650)


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
    dask: str  # the scheduler of a cluster that works topics out; "" is this machine
    keep: int  # generations that a build leaves; 0: all
    full_every: int  # days after which a run reads every page whole again; 0: never by itself
    admin_key: str = field(default="", repr=False)  # what those who start and stop runs over HTTP must send
    courtlistener_token: str = field(default="", repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)  # as they were read, secrets included

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None, data: Path | None = None) -> Settings:
        """Read a mapping, or the process's environment; raise ConfigError naming the variable that is wrong."""
        found = os.environ if environment is None else environment
        values = {name.removeprefix(_PREFIX).lower(): text for name, text in found.items() if name.startswith(_PREFIX)}
        _refuse_misspelt(values)
        try:
            raw = _Environment.model_validate(values)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]  # a key that is wrong must not be printed
            name = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            said = _SAID.get(str(first["loc"][0]), first["msg"])
            raise ConfigError(f"{name} cannot be used: {said}. See docs/operations.md.") from None
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
            log_level=raw.log_level,
            workers=raw.workers,
            dask=raw.dask,
            keep=raw.keep,
            full_every=raw.full_every,
            admin_key=raw.admin_key,
            courtlistener_token=raw.courtlistener_token,
            variables={name: text for name, text in found.items() if name.startswith(_PREFIX)},
        )

    def token(self, variable: str) -> str:
        """Return the secret of a source's API that a variable holds, "" where it is not set."""
        return {f"{_PREFIX}COURTLISTENER_TOKEN": self.courtlistener_token}.get(variable, "")

    def child_environment(self, token: str = "") -> dict[str, str]:
        """Return the environment of a command that this process starts: these settings, of the secrets only `token`."""
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(_PREFIX)}
        withheld = {f"{_PREFIX}{name}" for name in _SECRETS} - {token}
        return inherited | {name: text for name, text in self.variables.items() if name not in withheld}

    def jurisdiction_files(self) -> list[Path]:
        """Return the operator's own tables of jurisdictions."""
        return sorted((self.data / "jurisdictions").glob("*.json"))


def _refuse_misspelt(names: Iterable[str]) -> None:
    """Raise ConfigError for a name that is none of ours and nearly one; others may be another program's."""
    known = list(_Environment.model_fields)
    for name in names:
        near = difflib.get_close_matches(name, known, 1, 0.8) if name not in known else []
        if near:
            raise ConfigError(
                f"{_PREFIX}{name.upper()} is no setting; {_PREFIX}{near[0].upper()} is. See docs/operations.md."
            )


def _words(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", " ").split() if part)
