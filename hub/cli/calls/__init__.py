"""The commands for calls, texts and forms: their timelines, marks and call-backs."""
