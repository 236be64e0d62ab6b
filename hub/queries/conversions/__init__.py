"""Conversion rules: what they made, and what they would make of a week."""
