"""Data that leaves the hub and data that comes back: conversions, call logs, texts, receipts, CRM outcomes."""
