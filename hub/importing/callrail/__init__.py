"""CallRail: reads an account through its API, or from its exported CSV files."""
