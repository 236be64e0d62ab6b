"""Assistants that talk with callers."""
