"""Reads files that other services export, by a mapping of their columns."""
