"""What a hostile plugin tries: a table of escapes, run in a real plugin host by `hub plugins prove-walls` and by the tests."""
