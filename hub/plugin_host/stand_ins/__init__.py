"""The stand-ins of plugins that are not built in: each runs in a process of its own and is called by the hub."""
