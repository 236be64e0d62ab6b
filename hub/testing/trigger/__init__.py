"""One realistic event into a running hub, through a connector's stand-in: for `hub trigger` and for the web interface."""
