"""Text messages: classifying replies (stop, start, help), the suppression list, and the outgoing queue."""
