"""Insight: what a conversation was about, and how it ended."""
