"""Decisions: what a person says of a finding, confirmed or overturned, with the reason; how precise a rule proves."""
