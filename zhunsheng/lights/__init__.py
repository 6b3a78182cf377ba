"""Turns monthly values and events into lights with their reason. Pure: no clock, no database; today is an argument."""
