"""Fold: turns what carriers report into calls, texts, call-backs and recordings to fetch."""
