"""The phones of the business: they sign in, flows ring them, and they call."""
