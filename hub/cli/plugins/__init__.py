"""The commands for connectors and plugins."""
