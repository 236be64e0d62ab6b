"""The gateway: a process of its own that answers the trunk's calls and carries out the hub's documents.

Nothing of it is imported in the hub's process.
"""
