"""Unannounced inspections: libraries, plans, draws, what is collected on site, and the list of problems."""
