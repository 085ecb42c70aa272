"""yaml-language-server, as an editor starts it: messages of the Language Server Protocol over its standard input and output."""
import json
import os
import pathlib
import queue
import shutil
import subprocess
import threading

import harness

FOLDER = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "refresh-router" / "editors"
PROGRAM = FOLDER / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
IS_THERE = bool(shutil.which("node")) and PROGRAM.exists()


class LanguageServer:
    """One server for one folder. Each question waits for its answer, at most harness.DEADLINE."""

    def __init__(self, folder):
        self.folder, self.asked, self.told = folder, 0, queue.Queue()
        self.process = subprocess.Popen(["node", PROGRAM, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self.read, daemon=True).start()
        self.ask("initialize", {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": {
            "textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}, "hover": {"contentFormat": ["markdown"]}}}})
        self.send("initialized", {})
        # No catalogue of schemas from elsewhere: only the schema that the file names.
        self.send("workspace/didChangeConfiguration", {"settings": {"yaml": {
            "schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}}})

    def read(self):
        out = self.process.stdout
        while header := out.readline():
            size = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else None
            while out.readline().strip():
                pass
            self.told.put(json.loads(out.read(size)))
        self.told.put(None)

    def write(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def send(self, method, params):
        self.write({"method": method, "params": params})

    def wait_for(self, wanted):
        """The first message that is wanted; questions of the server get an empty answer meanwhile."""
        while True:
            message = self.told.get(timeout=harness.DEADLINE)
            assert message is not None, "the language server has ended"
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items")
                self.write({"id": message["id"], "result": [{} for _ in items] if isinstance(items, list) else None})
            if wanted(message):
                return message

    def ask(self, method, params):
        self.asked += 1
        self.write({"id": self.asked, "method": method, "params": params})
        answer = self.wait_for(lambda message: message.get("id") == self.asked and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, name, text):
        """Opens a file as an editor does; returns what is underlined: pairs of line and message."""
        uri = (self.folder / name).as_uri()
        self.send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        told = self.wait_for(lambda message: message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri)
        return [(found["range"]["start"]["line"], found["message"]) for found in told["params"]["diagnostics"]]

    def at(self, name, line, character):
        return {"textDocument": {"uri": (self.folder / name).as_uri()}, "position": {"line": line, "character": character}}

    def complete(self, name, line, character):
        """The words that are offered."""
        answer = self.ask("textDocument/completion", self.at(name, line, character))
        return [item["label"] for item in answer["items"]]

    def hover(self, name, line, character):
        answer = self.ask("textDocument/hover", self.at(name, line, character))
        return answer["contents"]["value"] if answer else ""

    def stop(self):
        self.process.kill()
        self.process.wait()
