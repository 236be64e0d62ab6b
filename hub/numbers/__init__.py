"""Tracking numbers: the directory of who owns which, leases from pools, and buying at carriers."""
