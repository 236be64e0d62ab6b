"""YAML as text: where each value stands in the file, how new values are written, and how one is put in its place."""
