"""`hub demo`: a seeded day of an agency, played against the real hub over HTTP, and the ledger that must add up at its end."""
