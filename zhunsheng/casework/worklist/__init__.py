"""Worklist: marks and notes on findings, and saved views; a reader's own or shared in the body."""
