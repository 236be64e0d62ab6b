"""Refusals in what is imported: in contacts of any age, and in the list of opt-outs of the other service."""
