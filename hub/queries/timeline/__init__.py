"""The timeline of one call, text or form."""
