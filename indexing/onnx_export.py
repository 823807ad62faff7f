"""One export of a BERT-like model to ONNX, so that serving needs no PyTorch; run once per set of weights.

The graph's attention, layer norms and activations are fused; int8 is dynamic quantisation with weights per channel.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

from scraper.errors import EmbeddingError

_OPSET = 17
_PRECISIONS = ("float32", "int8")


def exported(folder: Path, weights: str, precision: str, models_dir: Path) -> Path:
    """Return the ONNX file for a model's weights and precision, exporting it when it is not there yet.

    Raises EmbeddingError for an unknown precision, a model of another kind, or where PyTorch is needed and missing.
    """
    if precision not in _PRECISIONS:
        raise EmbeddingError(f"Unknown precision {precision!r}; use one of {', '.join(_PRECISIONS)}.")
    path = models_dir / f"{weights[:16]}-{precision}.onnx"
    if not path.is_file():
        _check_kind(folder)
        try:
            models_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddingError(
                f"LEXATLAS_MODELS names {models_dir}, which is no folder ({error.strerror})."
            ) from error
        with tempfile.TemporaryDirectory(dir=models_dir) as work:
            made = _export(folder, precision, Path(work))
            os.replace(made, path)  # whole or not at all: a killed export leaves no half file behind
    return path


def _check_kind(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    pooling = folder / "1_Pooling" / "config.json"
    mean = not pooling.is_file() or json.loads(pooling.read_text()).get("pooling_mode_mean_tokens", False)
    if config.get("model_type") != "bert" or not mean:
        raise EmbeddingError(
            f"The onnx backend exports BERT models with mean pooling; {folder.name} is another kind. "
            "Set LEXATLAS_EMBEDDER_BACKEND=torch for it."
        )


def _export(folder: Path, precision: str, work: Path) -> Path:
    try:
        import torch
        from transformers import AutoModel
    except ModuleNotFoundError as error:
        raise EmbeddingError(
            "The ONNX file of the model was never made here, and making it needs PyTorch: install lexatlas with "
            "torch, or copy the file from a machine that has it (LEXATLAS_MODELS names its folder)."
        ) from error

    class Hidden(torch.nn.Module):  # type: ignore[misc]  # torch has no types for subclasses
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(str(folder), attn_implementation="eager").eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            types = torch.zeros_like(input_ids)
            return self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=types
            ).last_hidden_state

    hidden = Hidden()

    plain, sample = work / "plain.onnx", torch.ones(2, 16, dtype=torch.long)
    axes = {0: "batch", 1: "tokens"}
    names = {"input_ids": axes, "attention_mask": axes, "hidden": axes}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of shapes that are fixed on purpose
        torch.onnx.export(
            hidden, (sample, sample), str(plain), input_names=["input_ids", "attention_mask"],
            output_names=["hidden"], dynamic_axes=names, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
    fused = _fuse(plain, hidden.model.config, work)
    return _quantise(fused, work) if precision == "int8" else fused


def _fuse(plain: Path, config: Any, work: Path) -> Path:
    from onnxruntime.transformers import optimizer

    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    fused = optimizer.optimize_model(
        str(plain), model_type="bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size, opt_level=1
    )
    path = work / "fused.onnx"
    fused.save_model_to_file(str(path))
    return path


def _quantise(fused: Path, work: Path) -> Path:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path = work / "int8.onnx"
    root = logging.getLogger()
    root.addFilter(_not_about_preprocessing)  # the graph is fused already, which is what that advice is about
    try:
        quantize_dynamic(
            str(fused), str(path), weight_type=QuantType.QInt8, per_channel=True,
            op_types_to_quantize=["MatMul", "Attention"], extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )  # fmt: skip
    finally:
        root.removeFilter(_not_about_preprocessing)
    return path


def _not_about_preprocessing(record: logging.LogRecord) -> bool:
    return "pre-processing before quantization" not in record.getMessage()
