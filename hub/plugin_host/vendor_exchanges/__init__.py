"""What a live connector and its vendor really say, kept as files of exchanges with every identifier replaced."""
