"""Template tags that every page may use; settings.py makes them built in."""
