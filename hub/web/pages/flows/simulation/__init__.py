"""Simulate a call on the flow that a page shows: nobody is called, nothing is stored, and the URL holds the call."""
