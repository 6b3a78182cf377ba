"""Figures of the running site for Prometheus: counts, times and ages, never a fact value or a person's name."""
