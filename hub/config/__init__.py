"""config.yaml: read, checked as a whole, and given to the hub as typed settings."""
