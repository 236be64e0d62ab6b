"""Plugins as the hub runs them: discovery, registry, guarded calls in threads, HTTP client, stand-ins."""
