"""What a privacy officer reads: requests, conflicts, doubts, the ledger, the data map, retention, holds, policies."""
