"""What leaves the hub and what comes back: conversions, call logs, texts, receipts, CRM outcomes."""
