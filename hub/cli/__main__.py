"""Lets `python -m hub.cli` run the `hub` command."""

from hub.cli import main

main()
