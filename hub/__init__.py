"""Ringfence: the open, self-hosted call-tracking hub."""

__version__ = "0.1.0"
