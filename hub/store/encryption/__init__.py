"""Encryption of personal data: the hub's keys, one key per person, and the columns that they encrypt."""
