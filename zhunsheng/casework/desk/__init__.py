"""The desk as casework: keys of institutions, asks counted, reminders kept, and what doctors answered."""
