"""A configuration and rules in a folder, without a daemon: for commands that ask Tableau and dbt themselves."""
import json

import jsonschema

from harness import SECRET, TOP, cli

SCHEMA = json.loads((TOP / "schemas" / "verify.schema.json").read_text())
NOBODY = "127.0.0.1:9"      # the discard port: nobody listens there


class Folder:
    def __init__(self, path, sandbox, rules, sites=("finance",), source=None, **config):
        self.path, self.environment = path, {"WEBHOOK_SECRET": SECRET}
        settings = sites if isinstance(sites, dict) else {name: {} for name in sites}
        (path / "secrets").mkdir()
        for name in settings:
            (path / "secrets" / name).write_text(f"{name}-secret\n")
        self.config = {"version": 1, "listen": {"admin": NOBODY}, "store": f"sqlite:{path}/state.db", "rules": ["rules.yaml"],
                       "sources": [{"name": "dbt", "secrets": [{"env": "WEBHOOK_SECRET"}], **(source or {})}],
                       "sites": [{"name": name, "server": sandbox.url, "content_url": name,
                                  "pat": {"name": "refresh-router", "secret": {"file": f"secrets/{name}"}}, **changes}
                                 for name, changes in settings.items()], **config}
        (path / "config.yaml").write_text(json.dumps(self.config))
        (path / "rules.yaml").write_text(json.dumps({"version": 1, "rules": rules}, indent=1, ensure_ascii=False))

    def verify(self, *arguments, **rest):
        return cli("verify", "--config", "config.yaml", *arguments, environment=self.environment, cwd=self.path, **rest)

    def json(self, *arguments):
        told = self.verify("--format", "json", *arguments)
        found = json.loads(told.stdout)
        jsonschema.validate(found, SCHEMA)
        assert found["ok"] == (told.returncode == 0) == (not found["findings"])
        return found
