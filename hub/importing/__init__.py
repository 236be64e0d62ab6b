"""Import: moves companies, trackers, users, calls, forms and texts in from another call-tracking service."""
