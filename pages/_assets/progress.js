// The progress bar next to the buttons, with a sentence on how far the run is, how long it will take, or why it ended.

import { keepFocus } from "./focus.js";
import { follow } from "./runs.js";

// How often to check whether the page shows the run's stage, and how long to wait for it to draw a new one.
const CHECK_MS = 150;
const REDRAW_MS = 1500;
// The weight of the latest epoch in the mean duration of an epoch, once there are enough of them.
const LATEST_WEIGHT = 0.08;

export function mount({ data, parentElement, setTriggerValue }) {
  const text = parentElement.querySelector(".qenn-progress-text");
  const bar = parentElement.querySelector(".qenn-progress-bar");
  let stage = data.stage;
  keepFocus(parentElement.closest(".st-key-run-controls"));

  const show = (snapshot) => {
    const done = snapshot.history.length ? snapshot.history[snapshot.history.length - 1].epoch : 0;
    const total = snapshot.epochs || 1;
    text.textContent = [describe(snapshot, done, total), snapshot.trouble].filter(Boolean).join(". ");
    bar.value = snapshot.state === "finished" ? 1 : done / total;
    bar.dataset.state = snapshot.state;
    stage = snapshot.stage ?? snapshot.state;
  };

  if (!data.run) {
    text.textContent = data.idle;
    bar.value = 0;
    bar.dataset.state = "idle";
    return () => {};
  }
  // The page draws the buttons and the table, and reads the run at other moments than this script: repeat the
  // notification until the page has drawn the stage that the run is in.
  let notifiedAt = 0;
  const check = setInterval(() => {
    if (stage === data.stage || Date.now() - notifiedAt < REDRAW_MS) return;
    notifiedAt = Date.now();
    setTriggerValue("stage", stage);
  }, CHECK_MS);
  const unfollow = follow(data, show);
  return () => {
    clearInterval(check);
    unfollow();
  };
}

/** Describe the state of a run after `done` of `total` epochs. */
function describe(snapshot, done, total) {
  switch (snapshot.state) {
    case "queued":
      return snapshot.queue_position > 1 ? `Waiting: number ${snapshot.queue_position} in the queue` : "Starting …";
    case "running":
      if (!done) return "Preparing the data …";
      // The first epoch includes what happens only once, and says nothing about the others.
      return done > 1 || done === total ? `Epoch ${done} of ${total} · ${timeLeft(snapshot, done, total)}` : `Epoch ${done} of ${total}`;
    case "paused":
      return `Paused after epoch ${done} of ${total}`;
    case "finished":
    case "stopped":
      if (snapshot.outcome) return snapshot.outcome;
      if (!done) return "Stopped before the first epoch was complete, so there are no scores";
      return `Stopped after epoch ${done}${snapshot.scoring ? "; calculating the scores …" : ""}`;
    case "interrupted":
      return `Interrupted after epoch ${done} of ${total}. ${snapshot.resumable ? "Press Resume to continue from there" : "Press Train to start again"}`;
    case "failed":
      return "This run failed; see the message below";
    default:
      return "This run no longer exists";
  }
}

function timeLeft(snapshot, done, total) {
  const seconds = secondsLeft(snapshot.history, total - done);
  if (seconds >= 90) return `about ${Math.round(seconds / 60)} min left`;
  if (seconds >= 30) return `about ${5 * Math.round(seconds / 5)} s left`;
  return seconds >= 1 ? `about ${Math.round(seconds)} s left` : "less than 1 s left";
}

/** Estimate how long `remaining` epochs take, from a mean that follows the latest epochs only slowly. */
export function secondsLeft(history, remaining) {
  // The first epoch includes what happens only once.
  const epochs = history.length > 1 ? history.slice(1) : history;
  const mean = epochs.reduce((before, { seconds }, index) => before + (seconds - before) * Math.max(1 / (index + 1), LATEST_WEIGHT), 0);
  return mean * remaining;
}
