/** The page: pictures and the camera in, boxes and numbers out. */

import { openCamera } from './camera.js';
import { signed } from './colours.js';
import { Numbers } from './numbers.js';
import { encode, readPicture } from './picture.js';
import { askFaces, askModel, Failure } from './server.js';
import { Stage } from './stage.js';
import { Tracks } from './tracks.js';

/** Of a camera's frames on their way to the server: pixels of the longer side, and the quality of the JPEG. */
const FRAME_LONGEST = 640;
const FRAME_QUALITY = 0.85;
/** Milliseconds before a busy server is asked again. */
const PAUSE = 500;
const CAMERA_LABELS = ['Use the camera', 'Stop the camera'];

const stage = new Stage();
const numbers = new Numbers();
const cameraButton = document.getElementById('camera');
const fileInput = document.getElementById('file');
const statusLine = document.getElementById('status');
let maxBytes = Infinity;
/** Whether the server looks for faces, or takes each picture as one. */
let findsFaces = true;
/** Counts what was begun: an answer to what is no longer shown is dropped. */
let turn = 0;
/** The camera, while it is on; and whether it is being switched on. */
let camera = null;
let opening = false;

function say(text, isError = false) {
  // Screen readers say what changes, so the same is not written again.
  if (statusLine.textContent !== text) statusLine.textContent = text;
  statusLine.classList.toggle('error', isError);
}

/** Says what went wrong; other errors are mistakes of this page, which belong in the console too. */
function sayFailure(error) {
  say(error instanceof Failure ? error.message : `Something went wrong in this page: ${error.message}`, true);
  if (!(error instanceof Failure)) throw error;
}

/** What is said of the faces of a picture. */
function sentence(answer) {
  const [face] = answer.faces;
  if (!face) return 'No face was found. Try a picture in which one is larger, sharper, or turned to the camera.';
  const point = `valence ${signed(face.valence)}, arousal ${signed(face.arousal)}`;
  if (!findsFaces) return `The picture was taken as one face, for this server has nothing that finds faces: ${point}.`;
  if (answer.whole && answer.found) return `One face, which fills the picture, so that it was taken whole: ${point}.`;
  if (answer.whole) return `No face was found, and the picture was taken as one, for it is square: ${point}.`;
  if (answer.faces.length === 1) return `One face: ${point}.`;
  return `${answer.faces.length} faces; the table has their numbers.`;
}

async function showPicture(file) {
  stopCamera();
  const mine = ++turn;
  stage.clear();
  numbers.show([]);
  say('Looking for faces …');
  let picture = null;
  try {
    picture = await readPicture(file, maxBytes);
    const { shown, sent } = picture;
    if (mine !== turn) return;
    stage.draw(shown, shown.width, shown.height, null);
    stage.describe(file.name);
    const answer = await askFaces(sent);
    if (mine !== turn) return;
    answer.faces.forEach((face, index) => (face.number = index + 1));
    stage.draw(shown, shown.width, shown.height, answer);
    stage.describe(`${file.name}. ${sentence(answer)}`);
    numbers.show(answer.faces);
    say(sentence(answer), answer.faces.length === 0);
  } catch (error) {
    if (mine === turn) sayFailure(error);
  } finally {
    picture?.shown.close(); // hundreds of MB, where a picture is large
  }
}

async function startCamera() {
  // A button that is disabled would lose the keyboard's focus.
  if (opening) return;
  opening = true;
  const mine = ++turn;
  stage.clear();
  numbers.show([]);
  say('Waiting for the camera …');
  try {
    const opened = await openCamera(() => {
      stopCamera();
      say('The camera was disconnected.', true);
    });
    if (mine !== turn) {
      opened.close();
      return;
    }
    camera = opened;
    cameraButton.textContent = CAMERA_LABELS[1];
    stage.describe('Picture of the camera');
    watch(opened);
  } catch (error) {
    if (mine === turn) sayFailure(error);
  } finally {
    opening = false;
  }
}

function stopCamera() {
  turn += 1;
  if (!camera) return;
  camera.close();
  camera = null;
  cameraButton.textContent = CAMERA_LABELS[0];
  stage.clear();
  numbers.show([]);
  say('');
}

/** Draws the camera at its own rate, and asks the server about one frame after the other, never two at once. */
async function watch(mine) {
  const { video } = mine;
  const tracks = new Tracks();
  let answer = null;
  const draw = () => {
    if (camera !== mine) return;
    stage.draw(video, video.videoWidth, video.videoHeight, answer, mine.mirrored);
    requestAnimationFrame(draw);
  };
  draw();
  while (camera === mine) {
    try {
      await visible();
      if (camera !== mine) return;
      const frame = await encode(video, video.videoWidth, video.videoHeight, FRAME_LONGEST, FRAME_QUALITY);
      const time = performance.now() / 1000;
      const latest = await askFaces(frame, true);
      if (camera !== mine) return;
      latest.faces = tracks.update(time, latest.faces);
      answer = latest;
      numbers.show(latest.faces);
      const count = latest.faces.length;
      if (!count) say('The camera is on, and no face is in sight. Turn to the camera, in good light.');
      else if (!findsFaces) say('The camera is on: all that it sees is taken as one face.');
      else say(count === 1 ? 'The camera is on: one face.' : `The camera is on: ${count} faces.`);
    } catch (error) {
      if (camera !== mine) return;
      if (error.passing) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        continue;
      }
      stopCamera();
      sayFailure(error);
    }
  }
}

/** Waits while nobody sees the page: what it would show need not be asked. */
function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}

/** The picture among what was dropped or pasted. */
function pictureOf(transfer) {
  return [...(transfer?.files ?? [])][0];
}

document.getElementById('choose').addEventListener('click', () => fileInput.click());
cameraButton.addEventListener('click', () => (camera ? stopCamera() : startCamera()));
fileInput.addEventListener('change', () => {
  const [file] = fileInput.files;
  fileInput.value = ''; // so that the same file can be chosen again
  if (file) showPicture(file);
});
addEventListener('dragover', (event) => {
  event.preventDefault();
  stage.invite(true);
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) stage.invite(false);
});
addEventListener('drop', (event) => {
  event.preventDefault();
  stage.invite(false);
  const file = pictureOf(event.dataTransfer);
  if (file) showPicture(file);
  else say('That was no file. Save the picture first, then drop it here.', true);
});
addEventListener('paste', (event) => {
  const file = pictureOf(event.clipboardData);
  if (file) showPicture(file);
});

try {
  const model = await askModel();
  maxBytes = model.max_bytes;
  findsFaces = model.finds_faces;
  const name = model.version ? `${model.name}, version ${model.version}` : model.name;
  const network = `network ${model.encoder}, faces of ${model.image_size} pixels`;
  const how = model.finds_faces ? '' : '; each picture is taken as one face';
  document.getElementById('model').textContent = `Model ${name}: ${network}${how}. CAFER-TF ${model.cafer_tf}.`;
} catch (error) {
  sayFailure(error);
}
