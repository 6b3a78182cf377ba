"""Devices that send readings: register, certificates, calibrations, where they are mounted, whom to call."""
