"""`hub companies`: list companies, transfer one, and end one."""
