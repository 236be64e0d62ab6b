"""The frozen values that cross between the hub and its plugins. No table, no web framework, no vendor's library."""
