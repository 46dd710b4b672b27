#!/usr/bin/env bash
# Make sure that this machine can build Touchstone: Swift 6.1 or newer and a few system libraries.
# Prints what is missing. As root on Debian or Ubuntu it installs that with apt-get; otherwise it prints
# the one command to run and ends with status 1. Nothing is touched when nothing is missing.
set -euo pipefail

missing=()
need() { # need PACKAGE TEST...: PACKAGE is wanted unless TEST succeeds
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
has_library() { pkg-config --exists "$1"; }
has_shared_object() { { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -qF "$1"; }

# What Swift itself needs to compile, link and fetch packages
need git command -v git
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need binutils command -v ld
need libc6-dev test -e /usr/include/stdio.h
need libstdc++-12-dev compgen -G '/usr/include/c++/*/cstdlib'
need make command -v make
need pkg-config command -v pkg-config
# What Touchstone links or loads
need libsqlite3-dev has_library sqlite3
need libxml2-dev has_library libxml-2.0
need libssl-dev has_library libcrypto
need libpcre2-dev has_library libpcre2-8
need libuchardet-dev has_library uchardet
need zlib1g-dev has_library zlib
need libopenblas0-pthread has_shared_object libopenblas.so.0

if [ ${#missing[@]} -gt 0 ]; then
  echo "bootstrap: missing: ${missing[*]}"
  command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "bootstrap: this system has no apt-get; install what these Debian packages provide, then run this again" >&2
    exit 1
  elif [ "$(id -u)" -ne 0 ]; then
    echo "bootstrap: run this once, then try again:" >&2
    echo "  sudo sh -c '$command'" >&2
    exit 1
  fi
  echo "bootstrap: $command"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! command -v swift >/dev/null; then
  echo "bootstrap: swift is not on the PATH; install Swift 6.1 or newer (https://www.swift.org/install/linux/)" >&2
  exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
if [ "$(printf '%s\n6.1\n' "$version" | sort -V | head -n 1)" != 6.1 ]; then
  echo "bootstrap: found Swift ${version:-of an unknown version}, need 6.1 or newer (https://www.swift.org/install/linux/)" >&2
  exit 1
fi
echo "bootstrap: Swift $version and all system libraries are here"
