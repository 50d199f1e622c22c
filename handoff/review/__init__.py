"""The owners' web page: it shows, and it changes what we know; the next run acts on it."""
