"""Alerts: what lights turned on, one case for each cause, until a person releases or dismisses it."""
