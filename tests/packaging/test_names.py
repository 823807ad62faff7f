"""Generic package names and a distribution's pins stay true only while something watches them."""

import ast
import importlib.util
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.support import (
    OWN_PACKAGES,
    ROOT,
    extra_requirements,
    installed_closure,
    pins,
    project,
    runtime_requirements,
    tracked_files,
)


@pytest.mark.parametrize("name", sorted(OWN_PACKAGES))
def test_no_other_distribution_provides_our_package(name: str) -> None:
    providers = set(packages_distributions().get(name, []))
    assert providers <= {"lexatlas"}, f"{name} also comes with {sorted(providers - {'lexatlas'})}"


@pytest.mark.parametrize("name", [*sorted(OWN_PACKAGES), "tests"])
def test_our_package_is_the_one_imported(name: str) -> None:
    # fast-diff-match-patch installs a top-level `tests`, which must lose against ours.
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin) == ROOT / name / "__init__.py"


def test_wheel_holds_all_files_of_our_packages_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("lexatlas-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {path for path in tracked_files() if path.split("/")[0] in OWN_PACKAGES}
    assert expected - held == set()
    tops = {path.split("/")[0] for path in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == OWN_PACKAGES


def test_pins_satisfy_every_requirement() -> None:
    build = [Requirement(text) for text in project()["build-system"]["requires"]]
    for requirement in [*build, *runtime_requirements(), *extra_requirements()]:
        pinned = pins().get(canonicalize_name(requirement.name))
        assert pinned is not None, f"constraints.txt lacks {requirement.name}: run `make constraints`"
        assert requirement.specifier.contains(pinned), f"{requirement} excludes the pinned {pinned}"


def test_pins_cover_what_the_requirements_need_in_turn() -> None:
    closure = installed_closure([*runtime_requirements(), *extra_requirements()])
    # CUDA libraries come along with one build of PyTorch and are no choice of ours.
    needed = {name for name in closure if not name.startswith(("nvidia-", "cuda-", "triton"))}
    assert needed - pins().keys() == set()


def test_every_runtime_requirement_has_a_lower_and_an_upper_bound() -> None:
    for requirement in runtime_requirements():
        operators = {part.operator for part in requirement.specifier}
        assert operators == {">=", "<"}, str(requirement)


def test_everything_that_the_code_imports_is_a_runtime_requirement() -> None:
    # An import that another requirement happens to satisfy today breaks with that one's next release, and one
    # that only an extra brings works for developers alone.
    declared = {canonicalize_name(requirement.name) for requirement in runtime_requirements()}
    providers = packages_distributions()
    undeclared: set[tuple[str, str]] = set()
    for package in sorted(OWN_PACKAGES):
        for path in sorted((ROOT / package).rglob("*.py")):
            for top in imported_tops(ast.parse(path.read_text(encoding="utf-8"))):
                if top in sys.stdlib_module_names or top in OWN_PACKAGES:
                    continue
                names = {canonicalize_name(name) for name in providers.get(top, [])}
                if not names & declared:
                    undeclared.add((str(path.relative_to(ROOT)), top))
    assert undeclared == set()


def imported_tops(tree: ast.Module) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    tops: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            tops |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            tops.add(node.module.split(".")[0])
    return tops
