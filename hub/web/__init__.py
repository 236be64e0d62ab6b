"""The web edge: carrier webhooks, visitor tracking, health and metrics."""
