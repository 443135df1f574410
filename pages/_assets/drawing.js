// An area to draw an image in, for models whose rows are images. What is drawn is reduced to the pixels that the
// model knows, and sent while it changes.

const SEND_MS = 250;
// Resolution of the drawing area along its longer side.
const CANVAS = 560;
// How wide the pen looks, compared to the height of the area.
const PEN = 0.1;

// The bitmaps from which the handwritten digits were made, in dots. NIST's programs had sheared each digit upright,
// scaled it to the whole height and to a certain width at most, and made its lines so thick that in each digit about
// the same number of dots was inked. A pixel is a block of DOTS × DOTS dots, and as bright as many of them are inked.
const DOTS = 4;
const SIDE = 32;
const WIDTH = 20;
const INKED = 310;
const PENS = { thinnest: 2, thickest: 10, steps: 6 };
// What is flatter is a dash or a dot, which is neither sheared nor stretched to the whole height.
const FLAT = 0.2;

/**
 * Return the brightness of each pixel, 0 to 1, row by row.
 * `strokes` are arrays of points [x, y], in pixels from the top left. If the images that the model knows were
 * preprocessed by NIST's programs, so is the drawing; otherwise, every pixel is bright that the pen has passed.
 */
export function rasterise(strokes, format) {
  const { height, width, preprocessing } = format;
  if (preprocessing === "nist") return countBlocks(likeNist(strokes, format));
  const grid = makeGrid(height, width);
  const pen = Math.max(1, Math.round(Math.min(height, width) / 12));
  strokes.flatMap((stroke) => walk(stroke, 0.25)).forEach((point) => stamp(grid, point, pen / 2, chebyshev));
  return [...grid.inked];
}

/** Return a grid of 32 × 32 dots with a drawing as NIST's programs would have preprocessed it. */
function likeNist(strokes, { height, width }) {
  const scale = SIDE / Math.max(height, width);
  const points = shear(strokes.flatMap((stroke) => walk(stroke.map((point) => point.map((x) => x * scale)), 0.5)));
  let [thin, thick] = [PENS.thinnest, PENS.thickest];
  let grid;
  for (let step = 0; step < PENS.steps; step++) {
    const pen = (thin + thick) / 2;
    grid = makeGrid(SIDE, SIDE);
    resize(points, WIDTH - pen, SIDE - pen).forEach((point) => stamp(grid, point, pen / 2, Math.hypot));
    if (grid.count < INKED) thin = pen;
    else thick = pen;
  }
  return grid;
}

/** Shear points so that the leftmost one at the top is above the leftmost one at the bottom. */
function shear(points) {
  const { left, top, right, bottom } = bounds(points);
  const height = bottom - top;
  if (height <= FLAT * (right - left)) return points;
  const leftmost = (isNear) => bounds(points.filter(([, y]) => isNear(y))).left;
  const shift = leftmost((y) => y >= bottom - height / 16) - leftmost((y) => y <= top + height / 16);
  return points.map(([x, y]) => [x + (shift * (bottom - y)) / height, y]);
}

/** Scale points to a height, narrow ones less if they would become wider than `widest`, and centre them. */
function resize(points, widest, height) {
  const { left, top, right, bottom } = bounds(points);
  const compress = widest / Math.max(right - left, 1e-3);
  const scaleY = Math.min(height / Math.max(bottom - top, 1e-3), compress / FLAT);
  const scaleX = Math.min(scaleY, compress);
  return points.map(([x, y]) => [SIDE / 2 + (x - (left + right) / 2) * scaleX, SIDE / 2 + (y - (top + bottom) / 2) * scaleY]);
}

function bounds(points) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    Object.assign(box, { left: Math.min(box.left, x), top: Math.min(box.top, y) });
    Object.assign(box, { right: Math.max(box.right, x), bottom: Math.max(box.bottom, y) });
  }
  return box;
}

/** Return points along a line, at most `step` apart. */
function walk(line, step) {
  const points = [line[0]];
  for (let k = 1; k < line.length; k++) {
    const [[x0, y0], [x1, y1]] = [line[k - 1], line[k]];
    const n = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / step);
    for (let i = 1; i <= n; i++) points.push([x0 + ((x1 - x0) * i) / n, y0 + ((y1 - y0) * i) / n]);
  }
  return points;
}

function makeGrid(rows, columns) {
  return { rows, columns, inked: new Uint8Array(rows * columns), count: 0 };
}

/** Ink the cells of a grid whose centres are within `radius` of a point. */
function stamp(grid, [x, y], radius, distance) {
  for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(grid.rows, Math.ceil(y + radius)); row++) {
    for (let column = Math.max(0, Math.floor(x - radius)); column < Math.min(grid.columns, Math.ceil(x + radius)); column++) {
      const cell = row * grid.columns + column;
      if (grid.inked[cell] || distance(column + 0.5 - x, row + 0.5 - y) > radius) continue;
      grid.inked[cell] = 1;
      grid.count += 1;
    }
  }
}

function chebyshev(x, y) {
  return Math.max(Math.abs(x), Math.abs(y));
}

/** Return the share of inked dots in each block of a grid. */
function countBlocks({ rows, columns, inked }) {
  const levels = new Array((rows * columns) / DOTS ** 2).fill(0);
  inked.forEach((isInked, dot) => {
    const [row, column] = [Math.floor(dot / columns), dot % columns];
    levels[Math.floor(row / DOTS) * (columns / DOTS) + Math.floor(column / DOTS)] += isInked / DOTS ** 2;
  });
  return levels;
}

export function mount({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".qenn-drawing");
  const [canvas, seen] = root.querySelectorAll("canvas");
  const status = root.querySelector("[role=status]");
  const { format } = data;
  const { height, width } = format;
  const isHandwriting = format.preprocessing === "nist";
  const listeners = new AbortController();
  const listen = (node, event, react) => node.addEventListener(event, react, { signal: listeners.signal });

  // The drawing outlives this call, which is repeated when the server has changed it.
  const known = root.qennDrawing;
  const isKnown = known && (known.revision === data.revision || sameLevels(known.levels, data.levels));
  const middle = [width, height].map((side) => Math.floor(side / 2) + 0.5);
  const drawing = isKnown ? known : { strokes: [], base: data.levels, levels: data.levels, pen: middle, isDown: false };
  drawing.revision = data.revision;
  root.qennDrawing = drawing;

  function show() {
    const scale = Math.floor(CANVAS / Math.max(height, width));
    Object.assign(canvas, { width: scale * width, height: scale * height });
    const context = canvas.getContext("2d");
    if (isHandwriting && drawing.strokes.length) drawStrokes(context, drawing.strokes, scale, PEN * height);
    else drawPixels(context, drawing.levels, width, scale);
    if (root.dataset.keyboard) drawPen(context, drawing, scale);
    Object.assign(seen, { width, height });
    drawPixels(seen.getContext("2d"), drawing.levels, width, 1);
  }

  let timer = 0;
  function send() {
    clearTimeout(timer);
    timer = 0;
    setStateValue("levels", drawing.levels);
  }

  function update() {
    frame = 0;
    const { strokes, base } = drawing;
    drawing.levels = strokes.length ? rasterise(strokes, format) : base;
    // Handwriting replaces the pixels that were there before; otherwise, the strokes are painted over them.
    if (!isHandwriting && base.length) drawing.levels = drawing.levels.map((level, k) => Math.max(level, base[k]));
    show();
    timer ||= setTimeout(send, SEND_MS);
  }

  let frame = 0;
  function change() {
    frame ||= requestAnimationFrame(update);
  }

  function startLine(point) {
    drawing.line = [point];
    drawing.strokes.push(drawing.line);
    change();
  }

  function undo() {
    drawing.strokes.pop();
    drawing.isDown = false;
    change();
  }

  function clear() {
    Object.assign(drawing, { strokes: [], base: [], isDown: false });
    change();
  }

  // Mouse, finger and pen

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };

  listen(canvas, "pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    delete root.dataset.keyboard;
    drawing.isDown = false;
    startLine(place(event));
  });
  listen(canvas, "pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    drawing.line.push(...(events.length ? events : [event]).map(place));
    change();
  });

  // Keyboard

  const step = isHandwriting ? 0.5 : 1;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };

  listen(canvas, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) movePen(move);
    else if (event.key === " " || event.key === "Enter") drawing.isDown ? liftPen() : lowerPen();
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
    root.dataset.keyboard = "true";
    show();
    const [x, y] = drawing.pen.map((position) => Math.floor(position) + 1);
    status.textContent = `Row ${y}, column ${x}, pen ${drawing.isDown ? "down" : "up"}`;
  });
  listen(canvas, "blur", () => {
    drawing.isDown = false;
    delete root.dataset.keyboard;
    show();
  });

  function movePen([dx, dy]) {
    const [x, y] = drawing.pen;
    drawing.pen = [clamp(x + dx, 0.5, width - 0.5), clamp(y + dy, 0.5, height - 0.5)];
    if (!drawing.isDown) return;
    drawing.line.push(drawing.pen);
    change();
  }

  function lowerPen() {
    drawing.isDown = true;
    startLine(drawing.pen);
  }

  function liftPen() {
    drawing.isDown = false;
  }

  const [undoButton, clearButton] = root.querySelectorAll("button");
  listen(undoButton, "click", undo);
  listen(clearButton, "click", clear);
  root.dataset.handwriting = isHandwriting;
  show();
  return () => {
    listeners.abort();
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

function sameLevels(some, others) {
  return some.length === others.length && some.every((level, k) => level === others[k]);
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function drawStrokes(context, strokes, scale, lineWidth) {
  Object.assign(context, { lineWidth: lineWidth * scale, lineCap: "round", lineJoin: "round", strokeStyle: "white" });
  for (const [first, ...others] of strokes) {
    context.beginPath();
    context.moveTo(first[0] * scale, first[1] * scale);
    // A line without length draws a dot.
    for (const [x, y] of others.length ? others : [first]) context.lineTo(x * scale, y * scale);
    context.stroke();
  }
}

function drawPixels(context, levels, width, scale) {
  levels.forEach((level, k) => {
    context.fillStyle = `rgb(255 255 255 / ${level})`;
    context.fillRect((k % width) * scale, Math.floor(k / width) * scale, scale, scale);
  });
}

function drawPen(context, { pen: [x, y], isDown }, scale) {
  context.beginPath();
  context.arc(x * scale, y * scale, scale / 4, 0, 2 * Math.PI);
  Object.assign(context, { lineWidth: 6, strokeStyle: "#A08CFF", fillStyle: "#A08CFF" });
  context.stroke();
  if (isDown) context.fill();
}
