"""What the Linux kernel enforces on a plugin's process: capabilities, Landlock and a filter of system calls."""
