/** Pictures, on their way from a file or the camera to the server. */

import { Failure } from './server.js';

const LONGEST = 1280;
const QUALITY = 0.92;
/** How JPEG and PNG begin; a file's name, and the type that the browser has from it, may be wrong. */
const PASSED_ON = [[0xff, 0xd8], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]];
/** Bytes; browsers decode larger ones for minutes, or not at all. */
const LARGEST_FILE = 128 << 20;

/**
 * Reads a picture file, upright, and makes of it what is sent.
 *
 * A JPEG or PNG that is small enough is sent as it is, so that the numbers are those of `cafer predict`.
 *
 * @param {File} file of any format that the browser reads.
 * @param {number} maxBytes that the server takes.
 * @returns {Promise<{shown: ImageBitmap, sent: Blob}>}
 */
export async function readPicture(file, maxBytes) {
  if (file.size > LARGEST_FILE) throw new Failure(`${file.name} is too large: ${Math.round(file.size / 2 ** 20)} MiB.`);
  let shown;
  try {
    shown = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Failure(`${file.name} is not a picture that this browser can read.`);
  }
  const small = Math.max(shown.width, shown.height) <= LONGEST && file.size <= maxBytes;
  if (small && (await isPassedOn(file))) return { shown, sent: file };
  return { shown, sent: await encode(shown, shown.width, shown.height, LONGEST, QUALITY) };
}

async function isPassedOn(file) {
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  return PASSED_ON.some((signature) => signature.every((byte, index) => start[index] === byte));
}

/**
 * A picture as JPEG, shrunk until its longer side is `longest`; what is transparent becomes white.
 *
 * @param {CanvasImageSource} source
 * @param {number} width of the source.
 * @param {number} height of the source.
 * @param {number} longest in pixels.
 * @param {number} quality of the JPEG, in [0, 1].
 * @returns {Promise<Blob>}
 */
export function encode(source, width, height, longest, quality) {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const done = (blob) => (blob ? resolve(blob) : reject(new Failure('The browser cannot write this picture.')));
    canvas.toBlob(done, 'image/jpeg', quality);
  });
}
