"""Privacy requests: opened, verified, answered in time, carried out and certified."""
