"""`lexatlas topics rank`: figures for what can be ranked, words for what cannot, and nothing invented."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from typer.testing import CliRunner

from app.cli import app
from scraper.errors import TopicError


def blocks(count: int = 3, rows: int = 30) -> sp.csr_matrix:
    return sp.block_diag([sp.random(rows, 20, density=0.5, random_state=seed) for seed in range(count)]).tocsr()


def rank(file: Path, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["--json", "topics", "rank", str(file), *options])
    if done.exception is not None:
        raise done.exception
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def saved(tmp_path: Path, matrix: Any) -> Path:
    sp.save_npz(tmp_path / "x.npz", matrix)
    return tmp_path / "x.npz"


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr"])
def test_every_format_of_scipy_gives_the_same_answer(tmp_path: Path, form: str) -> None:
    value = rank(saved(tmp_path, blocks().asformat(form)), "--ranks", "2-5")
    assert value["k"] == 3 and "Rank 3" in value["reason"]
    assert [row["k"] for row in value["table"]] == [2, 3, 4, 5]
    expected = {"silhouette_w", "silhouette_h", "mean_w", "mean_h", "error", "bic", "matched", "over_edge", "energy"}
    assert expected <= set(value["table"][0]) and value["spectrum"]["above"] == 3


def test_the_table_is_printed_for_people_too(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["topics", "rank", str(saved(tmp_path, blocks())), "--ranks", "2-4"])
    assert done.exit_code == 0 and "k = 3" in done.stdout and "stability" in done.stdout


def test_scale_changes_nothing_up_to_the_ends_of_the_numbers(tmp_path: Path) -> None:
    ones = [rank(saved(tmp_path, blocks() * factor), "--ranks", "2-4") for factor in (1.0, 2.0**90, 2.0**-90)]
    assert ones[0] == ones[1] == ones[2]


def with_value(value: float) -> sp.csr_matrix:
    matrix = blocks()
    matrix.data[7] = value
    return matrix


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (with_value(-1.0), "negative"),
        (with_value(np.nan), "NaN"),
        (with_value(np.inf), "infinite"),
        (sp.csr_matrix((5, 4)), "empty"),
        (blocks().astype(np.complex128), "real numbers"),
        (sp.csr_matrix((0, 4)), "at least one document"),
    ],
)
def test_a_matrix_that_cannot_be_ranked_is_refused_in_words(tmp_path: Path, matrix: Any, words: str) -> None:
    with pytest.raises(TopicError, match=words):
        rank(saved(tmp_path, matrix))


@pytest.mark.parametrize(
    ("matrix", "kind"),
    [
        (sp.csr_matrix([[1.0, 2.0, 0.0]]), "all_alike"),
        (sp.csr_matrix(np.tile([1.0, 0.0, 3.0], (9, 1))), "all_alike"),
        (sp.csr_matrix(np.eye(2)), "too_few_documents"),
    ],
)
def test_trivial_matrices_have_one_topic_and_say_why(tmp_path: Path, matrix: Any, kind: str) -> None:
    value = rank(saved(tmp_path, matrix))
    assert value["k"] == 1 and value["reason"].startswith("1 topic")
    assert kind in {warning["kind"] for warning in value["warnings"]}


def test_empty_rows_and_too_few_documents_are_said(tmp_path: Path) -> None:
    padded = sp.vstack([blocks(), sp.csr_matrix((4, 60))]).tocsr()
    value = rank(saved(tmp_path, padded), "--ranks", "2-5")
    assert value["k"] == 3 and "empty_rows" in {warning["kind"] for warning in value["warnings"]}
    few = rank(saved(tmp_path, blocks(2, rows=3)), "--ranks", "2-40")
    assert max(row["k"] for row in few["table"]) == 5
    assert "ranks_cut" in {warning["kind"] for warning in few["warnings"]}


def pickled(path: Path) -> None:
    np.savez(path, data=np.array([{"a": 1}], dtype=object), format=np.array(b"csr"))


def dense(path: Path) -> None:
    np.savez(path, x=np.eye(4))


def plain_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.eye(4))


def bare_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"a": 1}))


def broken_archive(path: Path) -> None:
    sp.save_npz(path, blocks())
    path.write_bytes(path.read_bytes()[:200])


def text(path: Path) -> None:
    path.write_text("term,weight\n", encoding="utf-8")


def empty(path: Path) -> None:
    path.touch()


def outside(path: Path) -> None:
    """Column 90 of 3: read as it stands it would be another's memory."""
    data, indices, indptr = np.ones(2), np.array([0, 90]), np.array([0, 1, 2])
    np.savez(path, format=b"csr", shape=np.array([2, 3]), data=data, indices=indices, indptr=indptr)


def huge(path: Path) -> None:
    row, col = np.array([0, 1]), np.array([0, 1])
    np.savez(path, format=b"coo", shape=np.array([10**12, 4]), data=np.ones(2), row=row, col=col)


@pytest.mark.parametrize(
    "make", [pickled, dense, plain_array, bare_pickle, broken_archive, text, empty, outside, huge, Path.mkdir]
)
def test_a_file_that_is_no_sparse_matrix_is_said_to_be_none(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x.npz")
    with pytest.raises(TopicError, match=r"x\.npz") as told:
        rank(tmp_path / "x.npz")
    assert "allow_pickle" not in str(told.value), "nobody is advised to load a pickle"


@pytest.mark.parametrize(
    ("ranks", "words"),
    [("10-2", "backwards"), ("0-4", "out of bounds"), ("2-9999999", "out of bounds"), ("two", "no range")]
    + [(text, "no range") for text in ("2-", "-3", "2-3-4", "", "1.5-3", "²-3")],
)
def test_ranks_that_are_no_range_are_refused(tmp_path: Path, ranks: str, words: str) -> None:
    with pytest.raises(TopicError, match=words):
        rank(saved(tmp_path, blocks()), f"--ranks={ranks}")


def test_a_seed_below_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="seed"):
        rank(saved(tmp_path, blocks()), "--seed=-1")


def test_one_rank_alone_is_a_range(tmp_path: Path) -> None:
    assert rank(saved(tmp_path, blocks()), "--ranks", "3")["k"] == 3
