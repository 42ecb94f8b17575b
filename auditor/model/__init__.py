"""Frozen data and pure grammars that loader, prober and differ share. Standard library only."""
