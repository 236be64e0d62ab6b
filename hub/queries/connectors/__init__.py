"""Questions about connectors: which there are, whether they work, what needs somebody."""
