"""Wire formats that several providers share, for plugins to build on."""
