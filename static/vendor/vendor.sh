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

# The map. Without the layers control and the marker's picture, which the shop does not use; in the layer below the shop's own
# rules; and without the name of a source map that is not here, which the hashing of static files would look for.
fetch leaflet 1.9.4 84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77
mkdir -p "$here/leaflet"
cp "$work/package/LICENSE" "$here/leaflet/LICENSE"
sed '/^\/\/# sourceMappingURL=/d' "$work/package/dist/leaflet.js" >"$here/leaflet/leaflet-1.9.4.js"
{ echo '@layer base {'; sed '/url(/d' "$work/package/dist/leaflet.css"; echo '}'; } >"$here/leaflet/leaflet-1.9.4.css"

# The map's ground: Natural Earth's land and borders, from TopoJSON to the GeoJSON that Leaflet draws.
fetch topojson-client 3.1.0 889fadb422f6236d0f8337a236ce6499f258b75e44b81733b13bd971067322bf
mv "$work/package" "$work/topojson-client"
fetch world-atlas 2.0.2 032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97
mkdir -p "$here/world"
cp "$work/package/LICENSE" "$here/world/LICENSE"
node "$here/world.cjs" "$work/topojson-client/dist/topojson-client.js" "$work/package/countries-50m.json" >"$here/world/world-2.0.2.json"

# The chart; in the layer below the shop's own rules.
fetch uplot 1.6.32 4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d
mkdir -p "$here/uplot"
cp "$work/package/LICENSE" "$here/uplot/LICENSE"
cp "$work/package/dist/uPlot.iife.min.js" "$here/uplot/uplot-1.6.32.min.js"
{ echo '@layer base {'; cat "$work/package/dist/uPlot.min.css"; echo '}'; } >"$here/uplot/uplot-1.6.32.min.css"

# Morphing: a part of a page takes the server's newest state and keeps focus, scroll and what is typed. Its small file, as a module.
fetch idiomorph 0.8.0 c2b48584153f0167b5c98cb815576338ccd82a97378e53fbf29d139dfd67207e
mkdir -p "$here/idiomorph"
cp "$work/package/LICENSE" "$here/idiomorph/LICENSE"
{ cat "$work/package/dist/idiomorph.min.js"; echo 'export { Idiomorph };'; } >"$here/idiomorph/idiomorph-0.8.0.esm.js"

# The font of receipts in PDF: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic.
fetch dejavu-fonts-ttf 2.37.3 b7013ac58f9225250619db82cfb72e99c37ca8195f2b5a06a9e6a95bc5e1c84a
mkdir -p "$here/dejavu"
cp "$work/package/LICENSE" "$here/dejavu/LICENSE"
cp "$work/package/ttf/DejaVuSans.ttf" "$here/dejavu/dejavu-2.37.3-sans.ttf"

sha256sum --check --quiet SHA256SUMS
