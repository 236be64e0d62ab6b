"""Data services: facts about a caller."""
