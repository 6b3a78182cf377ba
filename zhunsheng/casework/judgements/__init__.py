"""Judgements: who had the rules run, when, on what, with which manifest."""
