"""Engines run the same pattern SQL. DuckDB is the embedded default."""
