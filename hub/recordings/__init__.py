"""Recordings: fetched from the carrier, verified, stored encrypted, played by signed links, and ended in time."""
