// Plays the epochs of a run at a pace: while it trains, and again once it has ended. It shows what the page has
// received of the run, and asks the server for nothing.

// Fewest epochs per second at each pace, and the longest time that a run of many epochs takes.
const PACES = { slow: { rate: 2, seconds: 25 }, normal: { rate: 8, seconds: 8 } };
// Full speed is that of the training itself, or this many times the normal pace if that is faster.
const FULL_SPEED = 2;
const TICK_MS = 60;
// How long the end is shown before the epochs start again.
const REST_MS = 1500;
// The runs that have been shown in this tab; only a new one is played without being asked.
const seen = new Set();

/** Return the playback of these charts, which lasts as long as they do. */
export function playbackOf(root) {
  return (root.qennPlayback ??= new Playback(root.querySelector(".qenn-playback")));
}

class Playback {
  constructor(controls) {
    [this.button, this.scrubber, this.pace] = ["button", "input", "select"].map((tag) => controls.querySelector(tag));
    this.text = controls.querySelector("span");
    this.snapshot = { history: [], run: "" };
    this.rewind(false);
    this.button.addEventListener("click", () => (this.isMoving() ? this.hold() : this.start()));
    this.scrubber.addEventListener("input", () => {
      Object.assign(this, { position: Number(this.scrubber.value), isHeld: true, isPlaying: false });
      this.draw();
    });
    this.pace.addEventListener("change", () => this.isPlaying && this.start());
  }

  /** Draw with `view` from now on. */
  connect(view) {
    this.view = view;
    this.timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** Draw no more, unless another view has replaced this one. */
  disconnect(view) {
    if (this.view !== view) return;
    clearInterval(this.timer);
    this.timer = this.view = null;
  }

  /** Show a run as it is now; one that is `inTraining` when it is first shown is played at the chosen pace. */
  show(snapshot, inTraining) {
    if (snapshot.run !== this.snapshot.run) {
      this.rewind(inTraining && !seen.has(snapshot.run) && PACES[this.pace.value] && !prefersStillness());
      seen.add(snapshot.run);
    }
    this.snapshot = snapshot;
    // Whoever pauses or stops a training wants to see where it is.
    if (!this.isLoop && !["queued", "running", "finished"].includes(snapshot.state)) this.isPlaying = false;
    this.draw();
  }

  /** Return to the start: playing, or showing each new epoch at once. */
  rewind(isPlaying) {
    Object.assign(this, { isPlaying, isLoop: false, isHeld: false, position: 0, restUntil: 0, lastTick: performance.now() });
  }

  /** Keep the epoch that is shown. */
  hold() {
    Object.assign(this, { position: this.shown(), isHeld: true, isPlaying: false });
    this.draw();
  }

  /** Play on from the epoch shown or, at the end, from the start; once the run has ended, again and again. */
  start() {
    const [shown, isLoop] = [this.shown(), !isActive(this.snapshot)];
    const position = isLoop && shown >= this.snapshot.history.length ? 0 : shown;
    // A training without a pace is shown as it goes.
    const isPlaying = isLoop || Boolean(PACES[this.pace.value]);
    Object.assign(this, { position, isLoop, isPlaying, isHeld: false, restUntil: 0, lastTick: performance.now() });
    this.draw();
  }

  isMoving() {
    return this.isPlaying || (!this.isHeld && isActive(this.snapshot));
  }

  /** Return the number of epochs to show. */
  shown() {
    return this.isPlaying || this.isHeld ? Math.floor(this.position) : this.snapshot.history.length;
  }

  tick() {
    if (!this.isPlaying) return;
    const [now, known] = [performance.now(), this.snapshot.history.length];
    const seconds = (now - this.lastTick) / 1000;
    this.lastTick = now;
    if (this.restUntil) {
      if (now < this.restUntil) return;
      this.restUntil = this.position = 0;
    }
    const before = Math.floor(this.position);
    this.position = Math.min(known, this.position + seconds * this.rate());
    if (this.position === known && !isActive(this.snapshot)) {
      if (this.isLoop) this.restUntil = now + REST_MS;
      else this.isPlaying = false;
    }
    if (Math.floor(this.position) !== before || !this.isPlaying) this.draw();
  }

  /** Return the epochs per second at the chosen pace. */
  rate() {
    const { history, epochs } = this.snapshot;
    const own = history.length / history.reduce((sum, epoch) => sum + epoch.seconds, 0);
    const { rate, seconds } = PACES[this.pace.value] ?? PACES.normal;
    const paced = Math.max(rate, (isActive(this.snapshot) ? epochs : history.length) / seconds);
    return PACES[this.pace.value] ? paced : Math.max(own, FULL_SPEED * paced);
  }

  draw() {
    const { snapshot } = this;
    const [shown, known] = [this.shown(), snapshot.history.length];
    const isMoving = this.isMoving();
    this.button.disabled = this.scrubber.disabled = known < 2;
    this.button.classList.toggle("moving", isMoving);
    this.button.ariaLabel = isMoving ? "Pause the playback" : "Play the training again";
    this.scrubber.max = known;
    this.scrubber.value = shown;
    this.text.textContent = known ? `Epoch ${shown} of ${known}` : "";
    this.scrubber.ariaValueText = this.text.textContent;
    const isLatest = shown >= known;
    const map = isLatest ? snapshot.decision_map : mapAfter(shown, snapshot);
    this.view?.({ ...snapshot, history: snapshot.history.slice(0, shown), decision_map: map, map_epoch: epochOf(map, snapshot) });
  }
}

const isActive = (snapshot) => ["queued", "running", "paused"].includes(snapshot.state);
const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Return the decision map as it was after an epoch; a run without kept maps has only its last. */
function mapAfter(epoch, { map_frames: frames, decision_map: last, class_names: names }) {
  if (!last || !frames?.length) return last;
  const frame = frames.findLast((candidate) => candidate.epoch <= epoch);
  return frame ? (frame.map ??= unpack(frame, last, names.length)) : null;
}

/** Return the epoch of a decision map; the last map of a run that has ended is that of its best weights. */
function epochOf(map, snapshot) {
  if (!map) return null;
  if (map.epoch) return { number: map.epoch, isBest: false };
  if (isActive(snapshot) || !snapshot.history.length) return null;
  const best = snapshot.history.reduce((least, epoch) => (epoch.validation_loss < least.validation_loss ? epoch : least));
  return { number: best.epoch, isBest: true };
}

// In a kept map, in place of the class of a row that is not predicted.
const NOT_PREDICTED = 255;
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Return a kept map in the form of `last`, whose plane and rows it shares. */
function unpack({ epoch, size, cells, predictions }, last, nClasses) {
  const bytes = bytesOf(cells);
  const rows = Array.from({ length: size }, (_, row) => Array.from(bytes.subarray(row * size, (row + 1) * size)));
  const spread = (values) => Array.from({ length: size }, (_, i) => values[0] + (i / (size - 1)) * (values.at(-1) - values[0]));
  return {
    ...last,
    epoch,
    predictions: Array.from(bytesOf(predictions), (number) => (number === NOT_PREDICTED ? null : number)),
    x: spread(last.x),
    y: spread(last.y),
    winner: rows.map((row) => row.map((cell) => cell >> 4)),
    probability: rows.map((row) => row.map((cell) => 1 / nClasses + ((cell & 15) / 15) * (1 - 1 / nClasses))),
  };
}
