"""One file per way in; each renders the tutor's events and holds no logic of its own."""
