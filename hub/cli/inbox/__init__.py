"""`hub inbox` and `hub quarantine`: what could not be read, and what could not be handled."""
