/** The picture with its faces marked. */

import { colourOf, inkOn, signed } from './colours.js';

/** Pixels of the longer side that are drawn, so that lines and lettering are sharp. */
const LONGEST = 1280;
const LEAST = 960;
const NO_PICTURE = 'No picture yet';

export class Stage {
  #canvas;
  #stage;
  #invitation;

  constructor() {
    this.#stage = document.getElementById('stage');
    this.#canvas = document.getElementById('picture');
    this.#invitation = document.getElementById('invitation');
  }

  /**
   * Draws a picture and its faces.
   *
   * @param {CanvasImageSource} source
   * @param {number} width of the source.
   * @param {number} height of the source.
   * @param {object|null} answer of the server, whose boxes are in pixels of `answer.width`; null before it is there.
   * @param {boolean} mirrored whether left and right are exchanged.
   */
  draw(source, width, height, answer, mirrored = false) {
    const longer = Math.max(width, height);
    const scale = Math.min(Math.max(longer, LEAST), LONGEST) / longer;
    const size = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    const canvas = this.#canvas;
    this.#stage.classList.remove('empty');
    this.#invitation.hidden = true;
    canvas.hidden = false;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const context = canvas.getContext('2d');
    context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? canvas.width : 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    // Lettering has the same size on the screen however much that shrinks the picture.
    const shrunk = canvas.width / Math.max(1, canvas.clientWidth);
    const across = mirrored ? canvas.width : 0;
    for (const face of answer?.faces ?? []) {
      if (face.box) mark(context, face, placed(face.box, canvas.width / answer.width, across), shrunk);
    }
  }

  /** Says in words what the picture shows, for those who do not see it. */
  describe(text) {
    this.#canvas.setAttribute('aria-label', text);
  }

  /** Shows the invitation again. */
  clear() {
    this.#stage.classList.add('empty');
    this.#canvas.hidden = true;
    this.#invitation.hidden = false;
    this.describe(NO_PICTURE);
  }

  /** Shows that what is dragged may be dropped. */
  invite(over) {
    this.#stage.classList.toggle('over', over);
  }
}

/** A box in pixels of the canvas; mirrored at `across` where that is not 0. */
function placed([left, top, width, height], scale, across) {
  const x = across ? across - (left + width) * scale : left * scale;
  return [x, top * scale, width * scale, height * scale];
}

function mark(context, face, [left, top, width, height], shrunk) {
  const colour = colourOf(face.number);
  const size = 15 * shrunk;
  for (const [ink, stroke] of [['#fff', 5], [colour, 3]]) {
    context.strokeStyle = ink;
    context.lineWidth = stroke * shrunk;
    context.strokeRect(left, top, width, height);
  }
  const text = `${face.number}  V ${signed(face.valence)}  A ${signed(face.arousal)}`;
  context.font = `600 ${size}px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif`;
  const wide = context.measureText(text).width + size;
  const high = size * 1.6;
  const x = Math.min(Math.max(0, left - 1.5 * shrunk), Math.max(0, context.canvas.width - wide));
  // Above the box, or within it where there is no room.
  const y = top - high >= 0 ? top - high : Math.max(0, top);
  context.fillStyle = colour;
  context.fillRect(x, y, wide, high);
  context.fillStyle = inkOn(colour);
  context.textBaseline = 'middle';
  context.fillText(text, x + size / 2, y + high / 2);
}
