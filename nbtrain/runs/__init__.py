"""What a user holds: runs, how they are begun, found and compared."""
