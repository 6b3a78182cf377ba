"""Imports: uploaded files, their dry run, and their way into the lake."""
