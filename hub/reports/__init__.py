"""Results of each source, campaign, keyword and landing page: credits of touches, day roll-ups, reports."""
