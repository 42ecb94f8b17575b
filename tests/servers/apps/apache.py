"""Apache httpd in front of another server. Options: `refused`, methods that it answers itself, and `by`, what refuses.

Option `rules`: directives ahead of the proxy. Option `files`: paths with what Apache serves there itself.

`LimitExcept`: 403 for all but the rest, unknown methods included. `AllowMethods`: 405 with `Allow`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.servers.apps.gateway import Gateway

FOLDERS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules")
MODULES = ("mpm_event", "authz_core", "alias", "setenvif", "allowmethods", "proxy", "proxy_http", "rewrite", "dir")
CONFIGURATION = """
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex default:{folder}
ListenCoresBucketsRatio 1
Listen 127.0.0.1:{port}
User #65534
Group #65534
{modules}
ErrorLog {folder}/error.txt
SetEnvIfExpr "%{{THE_REQUEST}} =~ /^\\S+ (\\S+)/" target=$1
LogFormat "{{\\"request\\": [\\"%m\\", \\"%{{target}}e\\"]}}" journal
CustomLog {journal} journal
RedirectMatch 204 ^/--barrier-
ProxyPassMatch ^/--barrier- !
ProxyPreserveHost On
{rules}
DocumentRoot {folder}/files
{own}
ProxyPass / http://{upstream}/
<Location />
  {limit}
</Location>
"""


def main() -> None:
    gateway = Gateway()
    modules = next((folder for folder in map(Path, FOLDERS) if folder.is_dir()), None)
    if modules is None:
        sys.exit("no folder with Apache's modules")
    passing = " ".join(gateway.passing)
    limit = {
        "LimitExcept": f"<LimitExcept {passing}>\n    Require all denied\n  </LimitExcept>",
        "AllowMethods": f"AllowMethods {passing}",
    }.get(gateway.record.options.get("by", ""), "")
    files: dict[str, str] = gateway.record.options.get("files", {})
    gateway.folder.chmod(0o711)  # Apache reads its files as nobody
    (gateway.folder / "files").mkdir()
    for path, content in files.items():
        file = gateway.folder / "files" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    configuration = CONFIGURATION.format(
        folder=gateway.folder,
        port=gateway.port,
        modules="\n".join(f"LoadModule {name}_module {modules / f'mod_{name}.so'}" for name in MODULES),
        journal=gateway.record.journal,
        upstream=gateway.upstream,
        limit=limit,
        rules=gateway.record.options.get("rules", ""),
        own="\n".join(f"ProxyPass {path} !" for path in files),
    )
    gateway.run("apache2", configuration, ["-X", "-f", "{}"])


if __name__ == "__main__":
    main()
