#!/usr/bin/env bash
# Read Debian's FAQ as a new user would, make pairs of it, and count its questions from the pages themselves.
# usage: scripts/debian-faq.sh [FOLDER]    a folder with debian-faq and debian-faq-zh-cn unpacked (default: /usr/share/doc/debian/FAQ)
# When nothing is installed there, the packages are fetched with apt-get download and unpacked in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"

faq=${1:-/usr/share/doc/debian/FAQ}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ ! -d "$faq/zh-cn" ]; then
  echo "debian-faq: $faq has no FAQ in both languages; fetching the packages"
  (cd "$work" && apt-get download -qq debian-faq debian-faq-zh-cn && for package in ./*.deb; do dpkg -x "$package" .; done)
  faq=$work/usr/share/doc/debian/FAQ
fi
prep ingest "$faq" --store "$work/faq.sqlite" --quiet
prep pairs --store "$work/faq.sqlite"
prep status --store "$work/faq.sqlite"
scripts/check-debian-faq.py "$work/faq.sqlite" "$faq"
