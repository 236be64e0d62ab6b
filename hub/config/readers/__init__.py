"""Readers of the sections of config.yaml that need more than a model."""
