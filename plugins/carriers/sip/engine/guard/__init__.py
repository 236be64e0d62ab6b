"""The SIP port: who may speak to it, and how what they say reaches the stack, which itself listens on loopback alone."""
