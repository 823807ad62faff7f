"""Topics: from operative text to a hierarchy found by non-negative matrix factorisation."""
