#!/bin/sh
# Makes ./configure from a fresh checkout.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --force --install --warnings=all,no-obsolete
