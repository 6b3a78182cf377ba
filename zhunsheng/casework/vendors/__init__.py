"""Third-party vendors: their file, what they serve, papers, entry, and whether work may be given to them."""
