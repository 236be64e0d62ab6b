"""Call recordings: fetched from the carrier, verified, stored encrypted, played by signed links, and deleted on time."""
