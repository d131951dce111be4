"""What the bytes of a diff are spent on."""
