/** Faces from frame to frame: which is which, and their numbers without jitter, smoothed as in `cafer video`. */

/** Those of `cafer_tf.video.tracking`: seconds and searches for which a face keeps its number, and how far it may go. */
const MEMORY = 1;
const LOST = 2;
const REACH = 1;
/** Seconds. */
const TRAIL = 3;
/** Hz, and Hz for each unit a second: those of `cafer_tf.video.smoothing.OneEuro`. */
const MIN_CUTOFF = 1;
const BETA = 1;
const SPEED_CUTOFF = 1;

/** The One Euro filter (Casiez, Roussel and Vogel 2012) of one value. */
class OneEuro {
  #time = null;
  #value = 0;
  #speed = 0;

  next(time, value) {
    if (this.#time === null) {
      this.#value = value;
    } else {
      const step = Math.max(time - this.#time, 1e-3);
      this.#speed += share(SPEED_CUTOFF, step) * ((value - this.#value) / step - this.#speed);
      this.#value += share(MIN_CUTOFF + BETA * Math.abs(this.#speed), step) * (value - this.#value);
    }
    this.#time = time;
    return this.#value;
  }
}

/** Of a new value, in the exponential smoothing that has a cutoff in Hz at a step in seconds. */
function share(cutoff, step) {
  return 1 / (1 + 1 / (2 * Math.PI * cutoff * step));
}

export class Tracks {
  #tracks = [];

  /**
   * Takes the faces of the next frame.
   *
   * @param {number} time in seconds.
   * @param {object[]} faces as the server has them, with boxes.
   * @returns {object[]} the same with a `number` that stays, smooth valence, arousal and intensity, and the `trail` of
   *   the last seconds, or of the last two frames: points of time, valence and arousal.
   */
  update(time, faces) {
    // A slow server has more than MEMORY from frame to frame.
    this.#tracks = this.#tracks.filter((track) => track.missed < LOST || time - track.time <= MEMORY);
    for (const track of this.#tracks) track.missed += 1;
    const free = new Set(this.#tracks);
    return faces.map((face) => {
      const track = nearest(free, face.box) ?? this.#start();
      free.delete(track);
      track.missed = 0;
      track.time = time;
      track.box = face.box;
      const valence = track.valence.next(time, face.valence);
      const arousal = track.arousal.next(time, face.arousal);
      const recent = track.trail.filter((point) => time - point.time <= TRAIL);
      track.trail = [...(recent.length ? recent : track.trail.slice(-1)), { time, valence, arousal }];
      const intensity = Math.hypot(valence, arousal);
      return { ...face, number: track.number, valence, arousal, intensity, trail: track.trail };
    });
  }

  #start() {
    const taken = new Set(this.#tracks.map((track) => track.number));
    let number = 1;
    while (taken.has(number)) number += 1;
    const track = { number, valence: new OneEuro(), arousal: new OneEuro(), trail: [], missed: 0 };
    this.#tracks.push(track);
    return track;
  }
}

/** The track whose last box is nearest, if one is within reach, by the distance that `cafer video` has. */
function nearest(tracks, box) {
  let best = null;
  let least = REACH;
  for (const track of tracks) {
    const apart = distance(track.box, box);
    if (apart < least) [best, least] = [track, apart];
  }
  return best;
}

function distance(first, second) {
  if (!first || !second) return first === second ? 0 : Infinity;
  const sides = [first, second].map(([, , width, height]) => Math.sqrt(width * height));
  const across = first[0] + first[2] / 2 - second[0] - second[2] / 2;
  const down = first[1] + first[3] / 2 - second[1] - second[3] / 2;
  return Math.hypot(across, down) / Math.min(...sides) + Math.log(Math.max(...sides) / Math.min(...sides));
}
