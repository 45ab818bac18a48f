/** What the server is asked, and what its refusals mean. */

const PATIENCE = 60000;

/** A failure whose message is a sentence for people. */
export class Failure extends Error {
  /**
   * @param {string} message the sentence.
   * @param {boolean} passing whether trying again soon may help.
   */
  constructor(message, passing = false) {
    super(message);
    this.passing = passing;
  }
}

/**
 * Asks for the faces of a picture.
 *
 * @param {Blob} picture a JPEG or PNG.
 * @param {boolean} frame whether it is one of a camera: a face that fills it is no cropped picture.
 * @returns {Promise<object>} width, height, whole, found and faces, as the server has them.
 */
export function askFaces(picture, frame = false) {
  return ask(frame ? 'api/faces?frame' : 'api/faces', { method: 'POST', body: picture });
}

/** Asks what the model is, and how large a picture may be. */
export function askModel() {
  return ask('api/model', {});
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new Failure('The server does not answer. Is “cafer app” still running?');
  }
  let answer;
  try {
    answer = await response.json();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new Failure('The server has stopped answering.');
    throw new Failure(`The server answered with status ${response.status} and no reason.`, response.status === 503);
  }
  if (!response.ok) throw new Failure(answer.error, response.status === 503);
  return answer;
}
