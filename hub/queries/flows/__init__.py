"""What the pages and commands about call flows read."""
