"""Plugin hosts: a connector with `isolation: process` runs in a child process of its own and is called over a pipe."""
