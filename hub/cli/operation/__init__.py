"""Commands for people who keep the hub running: backups, upgrades, the road for assistants."""
