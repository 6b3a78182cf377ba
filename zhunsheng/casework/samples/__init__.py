"""Samples of findings: frozen populations, recorded draws, results of those who judge them, estimates, agreement."""
