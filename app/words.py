"""Small change of the language: what several commands put into words alike."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the right form: "1 file", "2,768 files"; nouns that only take an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
