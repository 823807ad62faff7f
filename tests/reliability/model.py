"""An embedding model of a few kilobytes, so that a build in a test takes a blink: a vector a word, and their mean.

It is a folder like any other model's, with its ONNX file beside, as on a machine that has no PyTorch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from indexing.embedding import weights_hash

_SIZE = 32


def make_model(folder: Path, models: Path, texts: Iterable[str]) -> None:
    """Write a model whose words are those of some texts, and its export into `models`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers import models as kinds

    words = ["[UNK]", *sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text.lower())})]
    tokenizer = Tokenizer(kinds.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_size": _SIZE}))
    rows = np.random.default_rng(1).normal(size=(len(words), _SIZE)).astype(np.float32)
    (folder / "model.safetensors").write_bytes(rows.tobytes())  # only its hash is ever read
    table = numpy_helper.from_array(rows, "table")
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    )
    hidden = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", "tokens", _SIZE])
    gather = helper.make_node("Gather", ["table", "input_ids"], ["hidden"])
    graph = helper.make_graph([gather], "words", [ids, mask], [hidden], [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    models.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(models / f"{weights_hash(folder)[:16]}-float32.onnx"))
