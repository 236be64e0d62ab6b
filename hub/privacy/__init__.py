"""What becomes of personal data when its time is over."""
