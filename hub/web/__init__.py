"""The web interface: carrier webhooks, visitor tracking, health and metrics."""
