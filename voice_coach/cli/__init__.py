"""The command line: commands, and words on the terminal."""
