"""Three sample deployments of one contract that drifted apart, to audit: see deployments.py for the whole truth."""
