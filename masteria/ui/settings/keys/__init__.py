"""Keys of the company's programs."""
