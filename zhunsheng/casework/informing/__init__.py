"""The right to know: that a patient was told who performs an outsourced service, the choice, and the public receipt."""
