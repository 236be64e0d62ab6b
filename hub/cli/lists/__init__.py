"""`hub calls list`, `hub leads`, `hub visits` and `hub listen`: what came in, as lists and as it happens."""
