"""Access to an account: users with roles, their API keys, and the permissions of each role."""
