"""OpenAPI Overlay 1.0.0: what would make a description say what one environment serves. Pure."""
