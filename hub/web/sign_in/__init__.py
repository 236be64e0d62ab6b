"""Signing in to the web interface: passkeys, passwords with codes, an OpenID provider, set-up links; the user's own page."""
