"""The plan for the switch-over from the other service: which numbers and websites move when, and what is done."""
