"""Transcription: what was said in a recording."""
