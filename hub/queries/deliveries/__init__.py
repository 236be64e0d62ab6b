"""Deliveries as pages, commands and programs read them."""
