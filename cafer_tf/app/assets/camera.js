/** The camera: on, off, and why not. */

import { Failure } from './server.js';

const REASONS = {
  NotFoundError: 'No camera was found. Connect one and try again, or choose a picture.',
  OverconstrainedError: 'No camera was found. Connect one and try again, or choose a picture.',
  NotAllowedError: 'This page may not use the camera. Allow it beside the address of the page, and try again.',
  SecurityError: 'This page may not use the camera. Allow it beside the address of the page, and try again.',
  NotReadableError: 'The camera is in use by another program, or does not answer. Close that program, and try again.',
  AbortError: 'The camera is in use by another program, or does not answer. Close that program, and try again.',
};

/**
 * Starts the camera.
 *
 * @param {() => void} onLost called when it is disconnected, or no longer allowed.
 * @returns {Promise<Camera>}
 */
export async function openCamera(onLost) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Failure('Browsers give the camera only to pages at localhost, 127.0.0.1 or https addresses.');
  }
  const wanted = { audio: false, video: { width: { ideal: 1280 }, facingMode: 'user' } };
  let camera;
  try {
    camera = new Camera(await navigator.mediaDevices.getUserMedia(wanted), onLost);
    await camera.video.play();
  } catch (error) {
    camera?.close();
    throw new Failure(REASONS[error.name] ?? `The camera cannot be used: ${error.message || error.name}.`);
  }
  return camera;
}

class Camera {
  #stream;

  constructor(stream, onLost) {
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', onLost);
    /** Whether people expect to see themselves as in a mirror. */
    this.mirrored = track.getSettings().facingMode !== 'environment';
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.srcObject = stream;
  }

  /** Switches it off; the light beside it goes out. */
  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }
}
