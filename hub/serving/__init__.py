"""One process of the hub while its configuration changes: the new hub takes over, the old one finishes what it holds."""
