"""Sign-in: passwords, codes, passkeys, OpenID providers, one-time links, and the sessions that they open."""
