"""What the user may choose: every key once, and the file in which the choices are kept."""
