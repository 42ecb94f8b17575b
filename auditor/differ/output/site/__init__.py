"""The index of many runs: a page over what their reports say. Pure: plain data in, bytes out."""
