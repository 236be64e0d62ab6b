"""The web interface: pages that work without JavaScript, from templates, for signed-in users."""
