"""Privacy regimes: an opinion on every disclosure."""
