"""What visitors do, and what happens in the hub, row by row."""
