"""Tip-offs: reports of the public and the hotline, receipts, sealed identities, messages, figures."""
