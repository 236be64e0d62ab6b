"""What a privacy request needs from providers: its scope there, tasks, retractions, and stand-ins."""
