"""Agreements with vendors: clauses, promised values, prices by day; and what people declare of vendors."""
