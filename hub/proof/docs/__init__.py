"""Generates the references in docs/ from the code, so that they cannot differ from it: hooks, config, cli."""
