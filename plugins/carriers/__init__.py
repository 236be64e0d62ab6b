"""Phone carriers: numbers, calls and texts."""
