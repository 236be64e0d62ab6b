"""Alerts and digests: what users hear of, by which channel, and when."""
