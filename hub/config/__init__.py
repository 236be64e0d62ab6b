"""config.yaml: read, checked as a whole, and returned as typed settings."""
