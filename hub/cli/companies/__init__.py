"""`hub companies`: list companies, and end one."""
