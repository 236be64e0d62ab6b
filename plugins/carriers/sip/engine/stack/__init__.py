"""The engine over baresip: the one place that knows this stack (package baresip-python, extra `sip`)."""
