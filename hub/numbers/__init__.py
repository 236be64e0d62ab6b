"""Tracking numbers: the directory of their owners, leases from pools, and buying at carriers."""
