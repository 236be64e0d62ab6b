"""Code that proves the hub and serves no call: the demo, the chaos runs, the generated docs."""
