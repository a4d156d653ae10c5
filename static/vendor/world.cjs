/** `node world.cjs topojson-client.js countries.json`: the land, and the borders upon it, as GeoJSON with two decimals (a kilometre). */
const { readFileSync } = require("node:fs");
const [client, atlas] = process.argv.slice(2);
const { feature, mesh } = require(client);
const LOOSE = 0.04; // degrees by which a line may stray from the atlas's own

/** The line with fewer points: those of D. H. Douglas and T. K. Peucker, "Algorithms for the reduction of the number of points" (1973). */
function thinned(line) {
  if (line.length < 3) return line.map(rounded);
  const [[x, y], [ex, ey]] = [line[0], line.at(-1)];
  const length = Math.hypot(ex - x, ey - y);
  const stray = ([px, py]) => (length ? Math.abs((ex - x) * (y - py) - (x - px) * (ey - y)) / length : Math.hypot(px - x, py - y));
  const far = line.slice(1, -1).reduce((best, point, place) => (stray(point) > stray(line[best]) ? place + 1 : best), 1);
  if (stray(line[far]) < LOOSE) return [rounded(line[0]), rounded(line.at(-1))];
  return [...thinned(line.slice(0, far + 1)).slice(0, -1), ...thinned(line.slice(far))];
}

const rounded = (point) => point.map((degrees) => Number(degrees.toFixed(2)));
/** The ring on the flat map: what crosses the antimeridian goes on beyond 180 degrees, what winds around a pole goes down to it. */
function unrolled(ring) {
  let turn = 0;
  const flat = ring.map(([x, y], place) => {
    const step = place ? x - ring[place - 1][0] : 0;
    turn -= Math.abs(step) > 180 ? 360 * Math.sign(step) : 0;
    return [x + turn, y];
  });
  if (!turn) return flat;
  const pole = 90 * Math.sign(flat[0][1]);
  return [...flat, [flat.at(-1)[0], pole], [flat[0][0], pole], flat[0]];
}

/** The part of the ring on one side of a meridian (I. E. Sutherland and G. W. Hodgman, "Reentrant polygon clipping", 1974). */
function clipped(ring, meridian, side) {
  const inside = ([x]) => (x - meridian) * side >= 0;
  const kept = [];
  ring.forEach((point, place) => {
    const before = ring[(place + ring.length - 1) % ring.length];
    if (inside(point) !== inside(before)) {
      const part = (meridian - before[0]) / (point[0] - before[0]);
      kept.push([meridian, before[1] + part * (point[1] - before[1])]);
    }
    if (inside(point)) kept.push(point);
  });
  return kept.length ? [...kept, kept[0]] : kept;
}

/** The polygon in pieces between -180 and 180 degrees. */
function pieces(rings) {
  const flat = rings.map(unrolled);
  if (flat.flat().every(([x]) => Math.abs(x) <= 180)) return [flat];
  return [-360, 0, 360].map((shift) =>
    flat.map((ring) => clipped(clipped(ring.map(([x, y]) => [x + shift, y]), -180, 1), 180, -1)).filter((ring) => ring.length > 3),
  ).filter((rings) => rings.length);
}

const world = JSON.parse(readFileSync(atlas));
const land = feature(world, world.objects.land).features[0].geometry.coordinates;
const borders = mesh(world, world.objects.countries, (one, other) => one !== other).coordinates;
const geometries = [
  { type: "MultiPolygon", coordinates: land.flatMap(pieces).map((rings) => rings.map(thinned).filter((ring) => ring.length > 3)).filter((rings) => rings.length) },
  { type: "MultiLineString", coordinates: borders.map(thinned).filter((line) => line.length > 1) },
];
process.stdout.write(JSON.stringify({ type: "GeometryCollection", geometries }));
