"""`hub policy`."""
