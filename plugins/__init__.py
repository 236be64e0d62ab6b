"""The built-in plugins; each imports `hub.api` and nothing else of ours."""
