"""What the pages of numbers ask: numbers and their calls, pools by the hour, port orders, visits from a page."""
