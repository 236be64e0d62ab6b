"""Assistants that users connect by OAuth 2.1: which programs may ask, what was allowed, and the tokens of it."""
