"""A hands-free exercise coach: it listens, leads and speaks, and nothing leaves the machine."""
