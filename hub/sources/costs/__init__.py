"""What advertising costs: pulled from ad networks, imported from files, and assigned to companies."""
