"""The ground that every package stands on: clock, disk, logs, metrics, limits."""
