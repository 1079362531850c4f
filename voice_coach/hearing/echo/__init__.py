"""The coach's own voice: taken out of the microphone, and told from the user's."""
