/** Faces in the circumplex, and as a table. */

import { colourOf, inkOn, signed } from './colours.js';

const SVG = 'http://www.w3.org/2000/svg';
/** Units of the drawing for 1 of valence or arousal. */
const UNIT = 100;

export class Numbers {
  #dots = document.getElementById('dots');
  #trails = document.getElementById('trails');
  #rows = document.getElementById('faces');

  /**
   * Shows faces.
   *
   * @param {object[]} faces with number, valence, arousal and intensity; with a `trail` where they move.
   */
  show(faces) {
    this.#showDots(faces);
    this.#trails.replaceChildren(...faces.flatMap((face) => trail(face)));
    const rows = faces.map((face) => row(face));
    this.#rows.replaceChildren(...(rows.length ? rows : [emptyRow()]));
  }

  /** Moves the dots of faces that stay, so that they glide. */
  #showDots(faces) {
    const before = new Map([...this.#dots.children].map((dot) => [dot.dataset.number, dot]));
    for (const face of faces) {
      const dot = before.get(String(face.number)) ?? newDot(face.number);
      before.delete(String(face.number));
      dot.style.transform = `translate(${UNIT * face.valence}px, ${-UNIT * face.arousal}px)`;
      if (!dot.parentNode) this.#dots.prepend(dot); // the largest face on top
    }
    for (const dot of before.values()) dot.remove();
  }
}

function newDot(number) {
  const dot = document.createElementNS(SVG, 'g');
  dot.dataset.number = number;
  const colour = colourOf(number);
  const circle = document.createElementNS(SVG, 'circle');
  circle.setAttribute('r', 6.5);
  circle.setAttribute('fill', colour);
  const text = document.createElementNS(SVG, 'text');
  text.textContent = number;
  text.style.fill = inkOn(colour);
  dot.append(circle, text);
  return dot;
}

/** The way of a face through the circumplex; older parts fade. */
function trail(face) {
  const points = face.trail ?? [];
  return points.slice(1).map((point, index) => {
    const line = document.createElementNS(SVG, 'line');
    line.setAttribute('x1', UNIT * points[index].valence);
    line.setAttribute('y1', -UNIT * points[index].arousal);
    line.setAttribute('x2', UNIT * point.valence);
    line.setAttribute('y2', -UNIT * point.arousal);
    line.setAttribute('stroke', colourOf(face.number));
    line.setAttribute('stroke-opacity', ((index + 1) / points.length) * 0.7);
    return line;
  });
}

function row(face) {
  const result = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  const swatch = document.createElement('span');
  swatch.className = 'swatch';
  swatch.style.background = colourOf(face.number);
  head.append(swatch, String(face.number));
  result.append(head);
  for (const text of [signed(face.valence), signed(face.arousal), face.intensity.toFixed(2)]) {
    result.insertCell().textContent = text;
  }
  return result;
}

function emptyRow() {
  const result = document.createElement('tr');
  const cell = result.insertCell();
  cell.colSpan = 4;
  cell.className = 'quiet';
  cell.textContent = 'none';
  return result;
}
