"""Privacy regimes: each gives an opinion on every disclosure."""
