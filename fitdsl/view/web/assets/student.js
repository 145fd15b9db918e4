/** In a search's page: the picture of the student that is chosen, drawn as it is asked for. */

import { Canvas } from "./canvas.js";
import { measureBy } from "./letters.js";
import { columnOfNetwork, compose } from "./picture.js";
import { pointAt } from "./space.js";

const drawable = JSON.parse(document.getElementById("drawable").textContent);

function drawStudent({ detail: trial }) {
  const graph = document.getElementById("graph");
  const place = drawable.places[trial.id];
  if (place === undefined) {
    graph.replaceChildren();
    return;
  }
  const { networks, hints } = pointAt(drawable.spec, [place]);
  const columns = networks.map((network) => columnOfNetwork(network));
  const composed = compose(columns, hints, drawable.spec.losses, drawable.spec.stages);
  const size = `viewBox="0 0 ${composed.width} ${composed.height}"`;
  graph.innerHTML = `<svg ${size} role="img" aria-label="student #${trial.id} and its teacher"></svg>`;
  new Canvas(graph.firstElementChild).draw(composed, drawable.spec.stages);
}

if (drawable) {
  measureBy(drawable.spec);
  document.addEventListener("chosen", drawStudent);
}
