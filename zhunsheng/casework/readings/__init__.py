"""Live readings: taken once however often they come, held as rows while their day is open and as files afterwards."""
