"""Who may look into an account: users with a role, their API keys, and what each role may do."""
