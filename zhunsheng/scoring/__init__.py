"""Turns what is known of a subject into a score with its reasons. Pure: no clock, no database."""
