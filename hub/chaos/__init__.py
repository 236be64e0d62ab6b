"""Chaos: a real hub is killed again and again while calls come in; then the books must balance. Production never imports it."""
