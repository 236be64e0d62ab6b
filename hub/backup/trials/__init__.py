"""Tries on a scratch copy, which is deleted afterwards: whether a backup restores, and whether the schema upgrades."""
