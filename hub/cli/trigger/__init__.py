"""`hub trigger`: one realistic event into a running hub, through a connector's stand-in."""
