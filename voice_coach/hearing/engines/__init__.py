"""What recognises speech: one port, several engines, and how far each is believed."""
