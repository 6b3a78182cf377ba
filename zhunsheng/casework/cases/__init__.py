"""Cases: one engine that walks every life-cycle of the rule book, with clocks, two-person steps and evidence."""
