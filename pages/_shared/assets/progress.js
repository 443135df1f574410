// The line beside the buttons: how far the run is, how long it will take, and why it ended.

import { follow } from "./runs.js";

// How often it is looked whether the page agrees; told of a state, it gets time to draw it.
const LOOK_MS = 150;
const PATIENCE_MS = 1500;

export function mount({ data, parentElement, setTriggerValue }) {
  const text = parentElement.querySelector(".qenn-progress-text");
  const bar = parentElement.querySelector(".qenn-progress-bar");
  let stage = data.stage;

  const show = (snapshot) => {
    const done = snapshot.history.length ? snapshot.history[snapshot.history.length - 1].epoch : 0;
    const total = snapshot.epochs || 1;
    text.textContent = [sentence(snapshot, done, total), snapshot.trouble].filter(Boolean).join(". ");
    bar.value = ["finished", "stopped"].includes(snapshot.state) ? 1 : done / total;
    bar.dataset.state = snapshot.state;
    stage = snapshot.stage ?? snapshot.state;
  };

  if (!data.run) {
    text.textContent = data.idle;
    bar.value = 0;
    bar.dataset.state = "idle";
    return () => {};
  }
  // The buttons and the table are drawn by the page, which looks at the run at other moments than this script:
  // it is told again until it has drawn the stage that the run is in.
  let told = 0;
  const look = setInterval(() => {
    if (stage === data.stage || Date.now() - told < PATIENCE_MS) return;
    told = Date.now();
    setTriggerValue("stage", stage);
  }, LOOK_MS);
  const leave = follow(data, show);
  return () => {
    clearInterval(look);
    leave();
  };
}

function sentence(snapshot, done, total) {
  switch (snapshot.state) {
    case "queued":
      return snapshot.queue_position > 1 ? `Waiting: number ${snapshot.queue_position} in the queue` : "Starting …";
    case "running":
      return done ? `Epoch ${done} of ${total} · ${timeLeft(snapshot, done, total)}` : "Preparing the data …";
    case "paused":
      return `Paused after epoch ${done} of ${total}`;
    case "finished":
    case "stopped":
      if (snapshot.outcome) return snapshot.outcome;
      return `Stopped after epoch ${done}${snapshot.scoring ? "; working out the scores …" : ""}`;
    case "interrupted":
      return `Interrupted after epoch ${done} of ${total}. ${snapshot.resumable ? "Resume goes on from what was saved" : "Press Train to run it again"}`;
    case "failed":
      return "This run failed; the message below says why";
    default:
      return "This run is no longer here";
  }
}

function timeLeft(snapshot, done, total) {
  const last = snapshot.history.slice(-5);
  const seconds = (last.reduce((sum, e) => sum + e.seconds, 0) / last.length) * (total - done);
  if (seconds >= 90) return `about ${Math.round(seconds / 60)} min left`;
  if (seconds >= 10) return `about ${Math.round(seconds)} s left`;
  return `${seconds.toFixed(1)} s left`;
}
