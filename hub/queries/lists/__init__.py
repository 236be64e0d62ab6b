"""Contacts: the calls, incoming texts and forms of companies as one list, newest first, with filters."""
