"""Oversight of vendors: checks, surveys, complaints, incidents, sanctions and exits."""
