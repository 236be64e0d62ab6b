"""The conformance suite for phone carriers, one part per ability."""
