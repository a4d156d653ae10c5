#!/bin/sh
# Fetches the third-party files of the pages, pinned by version and checksum, and puts them beside their licences.
# The results are committed; run this again only to change a version.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch <package> <version> <sha256 of the tarball>: leaves its files in $work/package
fetch() {
    rm -rf "$work"/package "$work"/*.tgz
    (cd "$work" && npm pack --silent "$1@$2" >/dev/null)
    echo "$3  $(ls "$work"/*.tgz)" | sha256sum --check --quiet
    tar -xzf "$work"/*.tgz -C "$work"
}

fetch @fontsource-variable/archivo 5.3.0 20c4384ed6219fc792761ad56fd578a70ba8758374b307f2f8da3db2009924a9
mkdir -p "$here/archivo"
cp "$work/package/LICENSE" "$here/archivo/LICENSE"
cp "$work/package/files/archivo-latin-standard-normal.woff2" "$here/archivo/archivo-5.3.0-latin-standard.woff2"

sha256sum --check --quiet SHA256SUMS
