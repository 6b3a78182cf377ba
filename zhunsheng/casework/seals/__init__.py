"""Rows of evidence become leaves of the log: their keys, the sequencer's supply, their status and receipts."""
