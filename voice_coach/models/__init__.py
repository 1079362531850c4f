"""Speech models: found, checked, installed."""
