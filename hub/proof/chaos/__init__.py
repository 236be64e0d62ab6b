"""Chaos test: kills a real hub repeatedly while calls come in, then checks that nothing is lost or doubled.

Production never imports it.
"""
