"""Every night and at every gate: waivers, what is new, compare, gate."""
