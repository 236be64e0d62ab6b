"""What is wrong with numbers: found once a day and after changes, kept as findings, gone when it is repaired."""
