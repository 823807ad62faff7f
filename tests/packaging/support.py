"""What the packaging tests read: the project file, the pins, the environment and the files under git."""

import re
import subprocess
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
OWN_PACKAGES = frozenset({"app", "scraper", "indexing", "graph"})


@cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def pins() -> dict[str, Version]:
    """constraints.txt as canonical name -> the one version it allows."""
    found: dict[str, Version] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!]+)", line)
            assert match, f"constraints.txt: not an exact pin of a plain name: {line!r}"
            found[canonicalize_name(match[1])] = Version(match[2])
    return found


def runtime_requirements() -> list[Requirement]:
    """What an installation of the product alone asks for."""
    return [Requirement(text) for text in project()["project"]["dependencies"]]


def extra_requirements() -> list[Requirement]:
    """What all extras together ask for."""
    extras: dict[str, list[str]] = project()["project"]["optional-dependencies"]
    return [Requirement(text) for texts in extras.values() for text in texts]


def installed_closure(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """The requirements and all that they need in turn, as far as this environment has it installed."""
    found: dict[str, Distribution] = {}
    waiting = [(requirement.name, frozenset(requirement.extras)) for requirement in requirements]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        try:
            dist = distribution(name)
        except PackageNotFoundError:
            continue
        found[canonicalize_name(name)] = dist
        for requirement in map(Requirement, dist.requires or []):
            wanted = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in (extras or {""})
            )
            step = (requirement.name, frozenset(requirement.extras))
            if wanted and step not in seen:
                seen.add(step)
                waiting.append(step)
    return found


@cache
def tracked_files() -> tuple[str, ...]:
    """The paths under git, relative to the root; the test is skipped where this is no checkout."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or no git here")
    return tuple(path for path in listing.split("\0") if path and (ROOT / path).is_file())
