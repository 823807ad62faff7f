"""What must not be in the repository, and what its files must say alike."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.packaging.support import OWN_PACKAGES, ROOT, project, tracked_files

# Written in pieces, so that this file does not find itself.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "yarnpkg" + ".com",
    "download.pytorch" + ".org",
    "deb.debian" + ".org",
]
HOST = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)))
# Folders of one person's or one build machine's disk; system paths such as /tmp, /data and /opt are not.
MACHINE_PATH = re.compile(r"(?<![\w.\-/])/(?:work|farm|home/[a-z]\w*|Users/[A-Za-z]\w*|root)/(?!\.ollama\b)[.\w]")


def test_no_registry_host_and_no_path_of_one_machine_in_the_repository() -> None:
    found: list[str] = []
    for path in tracked_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image or a font
        for pattern in (HOST, MACHINE_PATH):
            match = pattern.search(text)
            if match:
                found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}")
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_machine_path"),
    [
        ("see " + "/home/" + "ann/notes", True),
        ("/root" + "/.cache/pip", True),
        ("models:/root/.ollama", False),
        ("https://example.org/root/1", False),
        ("work/done", False),
        ("/tmp/data", False),
    ],
)
def test_machine_paths_are_told_from_others(text: str, is_machine_path: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == is_machine_path


def test_npm_lock_names_no_download_address() -> None:
    lock_file = ROOT / "web" / "package-lock.json"
    packages = json.loads(lock_file.read_text(encoding="utf-8"))["packages"]
    # With an integrity hash and no address, npm takes each package from the registry it is set up for.
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_image_copies_our_packages_runs_as_nobody_and_watches_itself() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    assert copied >= OWN_PACKAGES
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users and users[-1].split(":")[0] not in {"0", "root"}
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    assert 'CMD ["lexatlas", "serve", "--host", "0.0.0.0", "--port", "8000"]' in lines

    passed = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    assert {f"!{name}" for name in OWN_PACKAGES} <= passed

    # The wheel that the image installs carries the sample: what it is built from must reach the builder.
    shipped = set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert {name for name in shipped if name.startswith("sample/")} == {"sample/site", "sample/jurisdictions"}
    assert copied >= shipped and {f"!{name}" for name in shipped} <= passed


def test_the_wheel_carries_the_page_the_tables_and_the_sample_for_the_demo(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode("utf-8")
    wanted = {path for path in tracked_files() if path.split("/")[0] in OWN_PACKAGES}
    sample = [path for path in tracked_files() if path.startswith(("sample/site/", "sample/jurisdictions/"))]
    assert sample and wanted | {f"app/{path}" for path in sample} <= names
    assert not any(name.startswith(("sample/", "tests/", "web/")) for name in names)
    assert "# Lexatlas" in metadata


def test_compose_services_of_ours_are_locked_down() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for name in ("lexatlas", "ingest"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"] and service["pids_limit"]
        assert service["environment"]["LEXATLAS_DATA"] == "/data" and "data:/data" in service["volumes"]
    # A port open to the world must be asked for.
    assert compose["services"]["lexatlas"]["ports"] == ["${LEXATLAS_BIND:-127.0.0.1}:${LEXATLAS_PORT:-8000}:8000"]


def test_layers_name_all_our_packages() -> None:
    linter = project()["tool"]["importlinter"]
    assert linter["contracts"][0]["layers"] == ["app", "graph", "indexing", "scraper"]
    assert set(linter["root_packages"]) == OWN_PACKAGES
    assert set(project()["tool"]["coverage"]["run"]["source"]) == OWN_PACKAGES
