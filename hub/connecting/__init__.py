"""Connect, test, pause and resume connectors; used alike by the web interface and the command line."""
