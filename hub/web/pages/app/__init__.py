"""What needs no sign-in: the files that make the pages an app on the phone, and links that end emails."""
