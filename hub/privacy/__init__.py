"""Privacy rules: legal deadlines, retention, consent ledger, opt-outs, erasure, policy versions, data map."""
