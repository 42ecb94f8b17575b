"""The prober's pure half: which probes, which verdicts, what is kept."""
