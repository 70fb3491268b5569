"""Mixes: from a crate of analysed tracks to a planned, rendered and measured DJ set (``mixes`` schema)."""
