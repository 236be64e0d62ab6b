"""CRMs: who is calling, what became of the call."""
