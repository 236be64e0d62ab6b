"""The commands for recordings and their transcripts."""
