"""What a plugin says, in results, errors, logs and printed lines, without its secrets and the personal values it was handed."""
