"""How the hub runs plugins: discovery, registry, guarded calls in threads, HTTP client, sandboxes."""
