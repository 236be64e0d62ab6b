"""Numbers out of use: why and until when they rest, and what becomes of calls on them."""
