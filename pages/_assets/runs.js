// Follows runs on the server. However many views show a run, it is requested only once.

const POLL_MS = { running: 250, paused: 700 };
// The further back in the queue, the less often a run is polled.
const QUEUED_MS = 300;
const MAX_QUEUED_MS = 2000;
// A run that has ended is polled until its scores are there, and until it is saved.
const SCORING_MS = 300;
const SAVING_MS = 2000;
const RETRY_MS = 2000;
const feeds = new Map();

/**
 * Call `show(snapshot)` now and whenever the run changes. Return a function that ends this.
 * The snapshot's `history` and `map_frames` are always complete, although only what is new is fetched.
 * `key` gives access to this run, and to no other.
 */
export function follow({ run, key }, show) {
  const feed = feeds.get(run) ?? open(run, key);
  feed.listeners.add(show);
  // A run that had ended may have been resumed.
  if (!feed.timer && !feed.isPolling) poll(run, feed);
  if (feed.snapshot) show(feed.snapshot);
  return () => {
    feed.listeners.delete(show);
    if (feed.listeners.size === 0) {
      clearTimeout(feed.timer);
      feeds.delete(run);
    }
  };
}

function open(run, key) {
  const feed = { key, listeners: new Set(), snapshot: null, timer: 0, isPolling: false };
  feeds.set(run, feed);
  return feed;
}

async function poll(run, feed) {
  feed.isPolling = true;
  feed.timer = 0;
  let delay = RETRY_MS;
  try {
    const known = feed.snapshot?.history ?? [];
    const since = known.length ? known[known.length - 1].epoch : 0;
    const version = feed.snapshot?.map_version ?? 0;
    const frames = feed.snapshot?.map_frames ?? [];
    const frame = frames.length ? frames[frames.length - 1].epoch : 0;
    const url = new URL(`api/runs/${run}?since=${since}&map=${version}&frame=${frame}`, document.baseURI);
    // The key is not in the URL, which proxies may write to their logs.
    const response = await fetch(url, { cache: "no-store", headers: { "X-Feed-Key": feed.key } });
    if (response.status === 404) {
      feed.snapshot = { run, state: "unknown", history: [] };
      delay = 0;
    } else if (response.ok) {
      const next = await response.json();
      next.history = known.concat(next.history);
      next.map_frames = frames.concat(next.map_frames);
      next.decision_map ??= feed.snapshot?.decision_map ?? null;
      next.map_points ??= feed.snapshot?.map_points ?? null;
      feed.snapshot = next;
      delay = pollDelay(next);
    }
    feed.listeners.forEach((show) => show(feed.snapshot));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // a TypeError means that the network failed: try again
  } finally {
    feed.isPolling = false;
    if (delay && feed.listeners.size) feed.timer = setTimeout(() => poll(run, feed), delay);
  }
}

/** Return how long to wait before the next poll, in milliseconds; 0 if the run will not change any more. */
function pollDelay(snapshot) {
  if (snapshot.state === "queued") return Math.min(MAX_QUEUED_MS, QUEUED_MS * Math.max(1, snapshot.queue_position));
  if (snapshot.state in POLL_MS) return POLL_MS[snapshot.state];
  if (snapshot.scoring) return SCORING_MS;
  return snapshot.saved ? 0 : SAVING_MS;
}
