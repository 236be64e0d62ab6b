"""Callers as words: when they speak, and what they say."""
