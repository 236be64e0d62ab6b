"""Call flows: what a caller hears and which phones ring, as data and pure functions, independent of any carrier's
format."""
