"""Plain data as YAML that every version of YAML reads as the same data."""

from __future__ import annotations

from typing import Any

import yaml

_DOUBTFUL = frozenset("+-.0123456789~:")
"""What a number, a null or a mark may begin with in some version of YAML."""


def dump(data: Any) -> str:
    """`data` in block style, keys in their order."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Never an alias, and no scalar that another version of YAML reads as something else than text."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if value[:1] in _DOUBTFUL else None)


_Dumper.add_representer(str, _text)
