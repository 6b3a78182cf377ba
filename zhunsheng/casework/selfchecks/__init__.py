"""Self-checks: what an institution says of each of its own findings, and what it reports before others ask."""
