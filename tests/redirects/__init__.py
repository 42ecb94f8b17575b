"""What clients do when they are redirected, measured; and the three rules about redirects against real servers."""
