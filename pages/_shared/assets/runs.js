// Follows runs on the server. However many views show a run, it is asked for once.

const POLL_MS = { running: 250, paused: 700 };
// Whoever waits far behind is asked for less often.
const QUEUED_MS = 300;
const MOST_QUEUED_MS = 2000;
// A run that has ended is still asked for until its scores are there, and until all of it is saved.
const SCORING_MS = 300;
const SAVING_MS = 2000;
const RETRY_MS = 2000;
const followed = new Map();

/**
 * Call `show(snapshot)` now and whenever the run changes; returns a function that ends it.
 * The snapshot's `history` is always whole, although only new epochs are fetched.
 * `key` opens this run to who watches it, and no other.
 */
export function follow({ run, key }, show) {
  const feed = followed.get(run) ?? start(run, key);
  feed.shows.add(show);
  // One that had ended may have been resumed.
  if (!feed.timer && !feed.asking) ask(run, feed);
  if (feed.snapshot) show(feed.snapshot);
  return () => {
    feed.shows.delete(show);
    if (feed.shows.size === 0) {
      clearTimeout(feed.timer);
      followed.delete(run);
    }
  };
}

function start(run, key) {
  const feed = { key, shows: new Set(), snapshot: null, timer: 0, asking: false };
  followed.set(run, feed);
  return feed;
}

async function ask(run, feed) {
  feed.asking = true;
  feed.timer = 0;
  let wait = RETRY_MS;
  try {
    const known = feed.snapshot?.history ?? [];
    const since = known.length ? known[known.length - 1].epoch : 0;
    const version = feed.snapshot?.map_version ?? 0;
    const url = new URL(`api/runs/${run}?since=${since}&map=${version}`, document.baseURI);
    // Not in the address, which servers on the way may write into their logs.
    const answer = await fetch(url, { cache: "no-store", headers: { "X-Feed-Key": feed.key } });
    if (answer.status === 404) {
      feed.snapshot = { run, state: "unknown", history: [] };
      wait = 0;
    } else if (answer.ok) {
      const next = await answer.json();
      next.history = known.concat(next.history);
      next.decision_map ??= feed.snapshot?.decision_map ?? null;
      next.map_points ??= feed.snapshot?.map_points ?? null;
      feed.snapshot = next;
      wait = untilNext(next);
    }
    feed.shows.forEach((show) => show(feed.snapshot));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the network was away: try again
  } finally {
    feed.asking = false;
    if (wait && feed.shows.size) feed.timer = setTimeout(() => ask(run, feed), wait);
  }
}

/** How long the next look at a run can wait, in milliseconds; 0 where nothing more will come. */
function untilNext(snapshot) {
  if (snapshot.state === "queued") return Math.min(MOST_QUEUED_MS, QUEUED_MS * Math.max(1, snapshot.queue_position));
  if (snapshot.state in POLL_MS) return POLL_MS[snapshot.state];
  if (snapshot.scoring) return SCORING_MS;
  return snapshot.saved ? 0 : SAVING_MS;
}
