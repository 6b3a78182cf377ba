"""Live readings judged: pure functions from a table of readings to excursions, gaps, routes, doubts and verdicts."""
