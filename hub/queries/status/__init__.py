"""How the hub itself is: queues, jobs, database and disk, errors, test calls, and one sentence about all of it."""
