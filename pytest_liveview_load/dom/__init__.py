"""What a person sees on a page and does to it."""
