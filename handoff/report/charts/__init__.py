"""Charts that people look at rather than read: each a picture, the sentence that says the same, and its table."""
