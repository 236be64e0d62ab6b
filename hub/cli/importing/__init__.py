"""`hub import`: move in from another call-tracking service."""
