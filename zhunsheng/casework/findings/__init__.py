"""Findings: reads over the serving file, always through a scope. Decisions on them come with casework."""
