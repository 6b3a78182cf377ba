"""Backups: made while the site runs, checked, restored, and tried in a drill that examines what was restored."""
