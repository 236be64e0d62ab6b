"""The references in docs/ that are generated, so that they cannot differ from the code: hooks, config, cli."""
