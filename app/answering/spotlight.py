"""Text of documents is data: what in it speaks to a language model is recognised and is neither quoted nor sent."""

from __future__ import annotations

import re

_ADDRESSES = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|all|your|any)\b.{0,20}"
    r"\b(?:instructions?|prompts?|rules|context|directions|messages?)\b"
    r"|\b(?:system|developer) (?:prompt|message|override)\b|\byour (?:instructions|system prompt|guidelines)\b"
    r"|\b(?:you are|act as|pretend to be|as) (?:now )?an? (?:\w+ )?(?:AI|assistant|language model|chatbot|LLM)\b"
    r"|\b(?:AI|language) (?:model|assistant)s?\b.{0,40}\b(?:must|should|shall|will)\b"
    r"|\b(?:respond|reply|answer|output|print|say|repeat)\b.{0,20}\b(?:only|exactly|verbatim)\b.{0,10}(?:with|:|[\"“])"
    r"|<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>|\[/?INST\]|^\s*(?:system|assistant|user)\s*:\s",
    re.I | re.M | re.S,
)


def addresses_a_model(text: str) -> bool:
    """Tell whether a text gives orders to a language model, as no law does."""
    return _ADDRESSES.search(text) is not None
