"""The sub-commands of `tfproof`, one a file: their options, and what they print."""
