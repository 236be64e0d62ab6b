"""What a plugin tries in a suite although a hub refuses or withholds it."""
