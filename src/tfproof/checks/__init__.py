"""What a sound state backend is: one check, one file."""
