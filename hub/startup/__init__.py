"""Opening a hub: what a process needs, and the hub that is made of it."""
