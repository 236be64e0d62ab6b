"""One call, text or form with everything that its page shows."""
