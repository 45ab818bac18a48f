/** Colours of faces, and numbers as text. */

/** Those of `cafer_tf.report.colours.PEOPLE_COLOURS`, which people who see few colours tell apart. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a4f7d', '#000000'];

/** The colour of a face by its number, from 1; the ninth has that of the first again. */
export function colourOf(number) {
  return COLOURS[(number - 1) % COLOURS.length];
}

/** Black or white, whichever reads better on a colour. */
export function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#000' : '#fff';
}

/** A number in [-1, 1] with its sign and two places. */
export function signed(value) {
  const text = Math.abs(value).toFixed(2);
  return text === '0.00' ? '0.00' : `${value < 0 ? '−' : '+'}${text}`;
}
