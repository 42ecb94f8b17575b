"""auditor: which HTTP methods does each documented path really serve, in every environment?"""

__version__ = "0.1.0"
