"""Penalty points of practitioners, and the rulings on payment qualification that they lead to."""
