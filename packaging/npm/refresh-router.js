#!/usr/bin/env node
// packaging/npm/refresh-router.js - starts the program of this package, with its arguments and its exit status.
"use strict";
const { spawnSync } = require("node:child_process");
const path = require("node:path");

const program = path.join(__dirname, "bin", "refresh-router");
const ended = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (ended.error) {
	console.error(`refresh-router: ${program} cannot be started here: ${ended.error.message}. The package is for Linux with glibc; README.md says more`);
	process.exit(126);
}
if (ended.status === 127)
	console.error("refresh-router: a shared library is missing: install libcurl 4, OpenSSL 3 and GnuTLS 30 (Debian: libcurl4 libssl3 libgnutls30)");
if (ended.signal)
	process.kill(process.pid, ended.signal);
else
	process.exit(ended.status);
