"""What a fresh world holds: `travel-agency`, `empty`, `bulk:N`."""
