"""Requests of people about their own data: opened, proven, answered in time, carried out, and certified."""
