"""Threads of texts: their list, one of them with the calls and forms between, and whom a new text goes to."""
