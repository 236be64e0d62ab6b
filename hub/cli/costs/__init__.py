"""`hub costs` and `hub report costs`."""
