"""The figures of the reports: activity, calls, credits, missed calls, sources, and links to them."""
