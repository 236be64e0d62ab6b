"""Triggers in the database: what is only added, and what says that the directory of numbers has changed."""
