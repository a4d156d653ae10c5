/** <event-map>: what the page says of places (every element with data-place), as dots on a map. The page itself is the truth; the
 * map repeats it. With data-pick, a click or the Enter key chooses a place for the form's field of that id. Leaflet comes as `L`. */
const L = window.L;
const TARGET = 44; // pixels that a pin takes, for a finger
const OFFLINE_ZOOM = 8; // beyond it the offline ground has nothing more to show

function ground(map, { tiles, attribution, world }) {
  if (tiles) return L.tileLayer(tiles, { attribution, maxZoom: 19 }).addTo(map);
  map.attributionControl.addAttribution("Natural Earth");
  fetch(world)
    .then((answer) => answer.json())
    .then(({ geometries: [land, borders] }) => {
      L.geoJSON(land, { interactive: false, style: { className: "land" } }).addTo(map);
      L.geoJSON(borders, { interactive: false, style: { className: "border" } }).addTo(map);
    });
}

const degrees = (text) => text.split(",").map(Number);

function dot(place, title) {
  return L.marker(place, { icon: L.divIcon({ className: "pin", iconSize: null }), title, alt: title });
}

function popup(spots) {
  const list = document.createElement("ul");
  for (const { title, href } of spots) {
    const link = document.createElement("a");
    link.textContent = title;
    link.href = href;
    list.appendChild(document.createElement("li")).append(link);
  }
  return list;
}

/** Spots whose pins would lie on one another, as this map is zoomed, share one. */
function groups(map, spots) {
  const found = [];
  for (const spot of spots) {
    const at = map.project(spot.place);
    const near = found.find((group) => Math.max(Math.abs(group.at.x - at.x), Math.abs(group.at.y - at.y)) < TARGET);
    if (near) near.spots.push(spot);
    else found.push({ at, spots: [spot] });
  }
  return found.map((group) => group.spots);
}

function pin(spots) {
  const title = spots.length === 1 ? spots[0].title : `${spots.length} events: ${spots.map((spot) => spot.title).join(", ")}`;
  const marker = dot(spots[0].place, title);
  return spots[0].href ? marker.bindPopup(popup(spots)) : marker;
}

function repeat(map) {
  const spots = [...document.querySelectorAll("[data-place]")].map(({ dataset: { place, title, href } }) => ({ place: degrees(place), title, href }));
  if (!spots.length) return map.setView([25, 10], 1);
  map.fitBounds(L.latLngBounds(spots.map((spot) => spot.place)), { maxZoom: 5, padding: [30, 30] });
  const pins = L.layerGroup().addTo(map);
  let drawn;
  const draw = () => {
    const now = groups(map, spots);
    if (now.length === drawn) return; // zooming parts groups or joins them, so that as many are the same
    drawn = now.length;
    pins.clearLayers();
    now.forEach((group) => pins.addLayer(pin(group)));
  };
  map.on("zoomend", draw);
  draw();
}

function pick(map, field, middle) {
  const marker = dot(degrees(middle), "The place of your event");
  const show = (place) => marker.setLatLng(place).addTo(map);
  map.setView(degrees(middle), field.value ? 6 : 2);
  if (field.value) show(degrees(field.value));
  const choose = ({ lat, lng }) => {
    field.value = `${lat.toFixed(5)},${(((lng + 540) % 360) - 180).toFixed(5)}`;
    show(degrees(field.value));
  };
  map.on("click", ({ latlng }) => choose(latlng));
  map.on("keypress", ({ originalEvent: { key } }) => key === "Enter" && choose(map.getCenter()));
  field.addEventListener("change", () => /^-?[\d.]+,\s*-?[\d.]+$/.test(field.value) && map.panTo(show(degrees(field.value)).getLatLng()));
  document.addEventListener("city:chosen", ({ detail }) => !field.value && map.setView([detail.latitude, detail.longitude], 6));
}

class EventMap extends HTMLElement {
  connectedCallback() {
    const frame = this.appendChild(document.createElement("div"));
    const { pick: id, middle, tiles } = this.dataset;
    const fine = matchMedia("(pointer: fine)").matches; // a finger scrolls the page, two move the map
    const map = L.map(frame, {
      scrollWheelZoom: false, dragging: fine, minZoom: 0, maxZoom: tiles ? 19 : OFFLINE_ZOOM, worldCopyJump: true,
      fadeAnimation: false, zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
    map.attributionControl.setPrefix(false);
    ground(map, this.dataset);
    if (id) pick(map, document.getElementById(id), middle);
    else repeat(map);
  }
}

if (L) customElements.define("event-map", EventMap);
