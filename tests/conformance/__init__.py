"""Answers held against their description: at receive time, in a worker, and in what the command says."""
