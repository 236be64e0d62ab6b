"""The commands for texts and for refusals of contact that are undecided."""
