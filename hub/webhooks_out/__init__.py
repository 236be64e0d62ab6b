"""Webhooks that the hub sends: each company's endpoints get what happens, signed, in order, and again until they take it."""
