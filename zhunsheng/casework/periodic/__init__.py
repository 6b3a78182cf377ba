"""Periodic reports: the consortium's to its regulator, and the quality white paper of each vendor."""
