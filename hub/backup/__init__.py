"""Portable backups: data and keys apart, so that who is erased is erased in the backups too."""
