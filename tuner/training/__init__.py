"""What drives a trainer: the only epoch loop, and the finder of η."""
