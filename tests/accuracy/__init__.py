"""How often auditor is right about real stacks: `make accuracy`, and the tests that demand that it is never wrong."""
