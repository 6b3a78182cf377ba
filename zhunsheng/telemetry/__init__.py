"""Live readings: what devices send, and judging it. Pure: no clock, no network, no database; moments are arguments."""
