"""The commands for tracking numbers, their pools and their porting."""
