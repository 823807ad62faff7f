"""Renders the sample's two states from its texts, and checks that the tree is what the texts say.

`python sample/build.py` writes `site/`, `site-update/` and `truth.json` beside this file;
`python sample/build.py --check` writes nothing and fails where the tree differs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sample_pages import render
from sample_texts import HERE, Sample, SampleError, load, read
from sample_truth import problems, truth

FOLDERS = ("site", "site-update")
SHOWN = 40


def update_files(first: dict[str, str], second: dict[str, str]) -> dict[str, str]:
    """Files to lay over state one, and removed.txt with the paths that vanish, one a line."""
    files = {path: text for path, text in second.items() if first.get(path) != text}
    removed = sorted(set(first) - set(second))
    return {**files, "removed.txt": "".join(f"{path}\n" for path in removed)}


def outputs(sample: Sample) -> dict[str, str]:
    """Every generated file by its path beside this script."""
    day: str = read(HERE / "texts" / "update.toml")["date"]
    first = render(sample.first, {})
    second = render(sample.second, {row["id"]: day for row in sample.changes})
    files = {f"site/{path}": text for path, text in first.items()}
    files |= {f"site-update/{path}": text for path, text in update_files(first, second).items()}
    files["truth.json"] = json.dumps(truth(sample), ensure_ascii=False, indent=1) + "\n"
    return files


def present(root: Path) -> set[str]:
    """Generated files that are in the tree now."""
    paths = [path for name in FOLDERS for path in (root / name).rglob("*")]
    found = [path for path in (*paths, root / "truth.json") if path.is_file()]
    return {path.relative_to(root).as_posix() for path in found}


def differences(files: dict[str, str], root: Path) -> list[str]:
    """Paths that are missing, left over, or other than the texts say."""
    here = present(root)
    lines = [f"missing: {path}" for path in sorted(set(files) - here)]
    lines += [f"left over: {path}" for path in sorted(here - set(files))]
    for path in sorted(here & set(files)):
        if (root / path).read_text(encoding="utf-8") != files[path]:
            lines.append(f"differs: {path}")
    return lines


def write(files: dict[str, str], root: Path) -> None:
    """Brings the tree to the given files, removing what is left over."""
    for path in present(root) - set(files):
        (root / path).unlink()
    for path, text in files.items():
        target = root / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    folders = [p for name in FOLDERS for p in (root / name).rglob("*") if p.is_dir()]
    for folder in sorted(folders, key=lambda p: len(p.parts), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds or checks the sample; 0 when all is well, 1 with the reasons on standard error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the tree differs")
    options = parser.parse_args(arguments)
    try:
        sample = load()
    except SampleError as error:
        print(error, file=sys.stderr)
        return 1
    wrong = problems(sample)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    files = outputs(sample)
    if options.check:
        lines = differences(files, HERE)
        if not lines:
            print(f"{len(files)} files are what the texts say")
            return 0
        print("\n".join(lines[:SHOWN]), file=sys.stderr)
        print(f"{len(lines)} files differ; run: python sample/build.py", file=sys.stderr)
        return 1
    write(files, HERE)
    laws, decisions = len(sample.first.laws), len(sample.first.cases)
    print(f"{len(files)} files; state one has {laws} laws and {decisions} decisions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
