"""Text to sound, by one of two engines behind one port. Knows nothing of exercise."""
