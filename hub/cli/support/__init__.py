"""What several commands use: output, lookup of rows, audit notes."""
