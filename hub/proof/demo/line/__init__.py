"""The demo's day over a real SIP line on loopback: callers and phones by an SIP stack in a process of their own, and the real
gateway between them and the hub."""
