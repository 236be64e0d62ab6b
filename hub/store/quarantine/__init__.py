"""Quarantine: work in whose handling processes die, until a person looks at it."""
