"""Call flows: what a caller hears and whom the call reaches, as data and pure functions, free of any carrier's language."""
