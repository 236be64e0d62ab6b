"""Portable backups: data and keys are separate, so erasing a person also erases them in old backups."""
