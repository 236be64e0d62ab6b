"""The commands for users and how they sign in."""
