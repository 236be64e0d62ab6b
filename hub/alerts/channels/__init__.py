"""The ways of an alert out of the hub; each takes one message and returns when the other side has it."""
