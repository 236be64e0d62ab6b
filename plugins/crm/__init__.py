"""CRMs: who is calling, and the outcome of the call."""
