"""Grants: sight of rows of another body, for a purpose and a period, asked by one body and given by the other."""
