"""`hub privacy`."""
