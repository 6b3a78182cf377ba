"""Ratings of vendors: period cards frozen at the close of a period, notice, objection, and what is in force."""
