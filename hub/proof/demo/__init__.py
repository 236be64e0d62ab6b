"""`hub demo`: a seeded day of an agency, played against the real hub over HTTP, and a ledger that must add up at the end."""
