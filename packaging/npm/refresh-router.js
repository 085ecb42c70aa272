#!/usr/bin/env node
// packaging/npm/refresh-router.js - runs the program of this package, passes signals on to it, and ends as it ended.
"use strict";
const { spawn } = require("node:child_process");
const path = require("node:path");
const about = require("./package.json");

const program = path.join(__dirname, "bin", "refresh-router");
const isForHere = about.os.includes(process.platform) && about.cpu.includes(process.arch);

// 2 is the program's own status of a command that cannot be done; 1 would say that rules are wrong.
function refuse(reason) {
	console.error(`refresh-router: ${reason}`);
	process.exit(2);
}

if (!isForHere)
	refuse(`this package is for ${about.os}-${about.cpu} and not for ${process.platform}-${process.arch}; elsewhere build refresh-router from source, or use an image`);

let child;

// Before the program runs, so that no signal ends this process alone. A terminal sends the first two to the program as well, and a second one would end it
// at once.
const isAtTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
for (const signal of ["SIGINT", "SIGQUIT"])
	process.on(signal, () => isAtTerminal || child.kill(signal));
for (const signal of ["SIGTERM", "SIGHUP"])
	process.on(signal, () => child.kill(signal));

child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
	const reason = error.code === "ENOENT" ? "this Linux has no glibc (Alpine?); use an image of Debian or Ubuntu" : error.message;
	refuse(`${program} does not start: ${reason}`);
});
child.on("exit", (status, signal) => {
	if (status === 127)
		console.error("refresh-router: a shared library is missing: install GnuTLS and libsystemd (Debian: libgnutls30 libsystemd0)");
	if (!signal)
		process.exit(status);
	process.removeAllListeners(signal);
	process.kill(process.pid, signal);
});
