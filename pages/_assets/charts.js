// The live charts: loss, accuracy and decision map. They are updated in place, so that they keep their zoom.

import { playbackOf } from "./playback.js";
import { follow } from "./runs.js";

const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
const FONT = '"Source Sans", "Source Sans 3", sans-serif';
// Beyond this share of rows that are classified wrong, their rings are paler.
const CROWDED = 0.25;
// With more classes than this, their names are cut shorter, so that all of them fit.
const MANY_CLASSES = 6;
// Space above and below the curves, as a share of what they span.
const CURVE_MARGIN = 0.06;

let plotly = null;
/** Load Plotly once. It is not a module, and defines a global variable. */
function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("assets/plotly.min.js", document.baseURI);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("The chart library could not be loaded."));
    document.head.append(script);
  });
  return plotly;
}

export function mount({ data, parentElement }) {
  const root = parentElement.querySelector(".qenn-charts");
  const playback = playbackOf(root);
  let view = null;
  let unfollow = () => {};
  let isMounted = true;
  loadPlotly().then((Plotly) => {
    if (!isMounted) return;
    view = (snapshot) => drawAll(Plotly, root, data, snapshot);
    playback.connect(view);
    if (data.run) unfollow = follow(data, (snapshot) => playback.show(snapshot, data.inTraining));
    else playback.show({ history: [], run: "" });
  });
  return () => {
    isMounted = false;
    unfollow();
    playback.disconnect(view);
  };
}

function drawAll(Plotly, root, data, snapshot) {
  const colours = themeColours(root, data);
  const chart = (name) => root.querySelector(`[data-chart=${name}]`);
  const run = snapshot.run || "none";
  const epochs = snapshot.history.map((e) => e.epoch);
  const total = snapshot.epochs || data.epochs;
  const column = (name, scale = 1) => snapshot.history.map((e) => (e[name] == null ? null : e[name] * scale));

  const losses = [
    line(colours.quantum, "solid", "train", epochs, column("train_loss"), ".3f"),
    line(colours.quantum, "dot", "validation", epochs, column("validation_loss"), ".3f"),
  ];
  const reference = snapshot.reference_accuracy;
  const content = mapContent(data, snapshot);
  // The texts first: they leave the rest of the height to the plots.
  root.querySelector(".qenn-reference").hidden = reference == null;
  drawMapTexts(chart("map").parentElement, content, data.characters);
  drawCurves(Plotly, chart("loss"), colours, run, total, losses, valueRange(losses, data.least_spans.loss, [0, Infinity]) ?? [0, 1]);
  const accuracies = [
    line(colours.quantum, "solid", "train", epochs, column("train_accuracy", 100), ".1f"),
    line(colours.quantum, "dot", "validation", epochs, column("validation_accuracy", 100), ".1f"),
    ...(reference == null ? [] : [line(colours.classical, "dot", "logistic regression, validation", [0, total], [reference * 100, reference * 100], ".1f")]),
  ];
  drawCurves(Plotly, chart("accuracy"), colours, run, total, accuracies, valueRange(accuracies, data.least_spans.accuracy, [0, 100]) ?? [0, 100], "%");
  drawDecisionMap(Plotly, chart("map"), colours, run, content, data.symbols);
  root.dataset.epochs = epochs.length;
}

function line(colour, dash, name, x, y, format) {
  return {
    type: "scatter", mode: x.length === 1 ? "markers" : "lines", x, y, name,
    line: { color: colour, width: 2.4, dash }, marker: { color: colour, size: 6 },
    hovertemplate: `%{y:${format}}`,
  };
}

/**
 * Return the range of a vertical axis that shows all values of `traces`; null without values.
 * It spans at least `least`, and only its margin exceeds the limits of the measure.
 */
export function valueRange(traces, least, [low, high]) {
  const values = traces.flatMap((trace) => trace.y).filter(Number.isFinite);
  if (!values.length) return null;
  let [bottom, top] = [Math.min(...values), Math.max(...values)];
  const missing = Math.max(0, least - (top - bottom)) / 2;
  [bottom, top] = [bottom - missing, top + missing];
  const shift = Math.max(0, low - bottom) - Math.max(0, top - high);
  const margin = CURVE_MARGIN * (top - bottom);
  return [bottom + shift - margin, top + shift + margin];
}

/** Draw a chart in place. It keeps the user's zoom until a double-click or another run. */
function draw(Plotly, node, run, traces, layout) {
  if (node.qennRun !== run) node.qennZoomed = false;
  node.qennRun = run;
  node.qennRedraw = () => draw(Plotly, node, run, traces, layout);
  const shown = structuredClone(layout); // Plotly writes into what it gets
  if (node.qennZoomed) for (const axis of ["xaxis", "yaxis"]) Object.assign(shown[axis], { range: node.layout[axis].range, autorange: false });
  Plotly.react(node, traces, shown, CONFIG);
  if (node.qennIsWatched) return;
  node.qennIsWatched = true;
  node.on("plotly_relayout", (changes) => {
    if (Object.keys(changes).some((key) => key.includes("axis.range"))) node.qennZoomed = true;
  });
  // Plotly itself only notices when the window changes; a page that is left has no width.
  new ResizeObserver(() => node.clientWidth && Plotly.Plots.resize(node)).observe(node);
  node.on("plotly_doubleclick", () => {
    node.qennZoomed = false;
    node.qennRedraw();
  });
}

/** Return the layout that all charts share. */
function commonLayout(node, colours) {
  return {
    height: node.clientHeight, showlegend: false, dragmode: "zoom",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, color: colours.muted, size: 12 },
    hoverlabel: { bgcolor: colours.surface, bordercolor: colours.line, font: { color: colours.text, family: FONT } },
  };
}

function drawCurves(Plotly, node, colours, run, total, traces, range, ticksuffix = "") {
  const axis = { gridcolor: colours.line, zerolinecolor: colours.line, linecolor: colours.line, tickfont: { size: 12 } };
  draw(Plotly, node, run, traces, {
    ...commonLayout(node, colours),
    hovermode: "x unified",
    margin: { l: 48, r: 10, t: 6, b: 36 },
    xaxis: { ...axis, range: [0, total], showgrid: false, title: { text: "epoch", font: { size: 12 }, standoff: 4 } },
    yaxis: { ...axis, range, nticks: 6, ticksuffix },
  });
}

/** Return what the decision map shows: that of the run, or the points of the data until there is one. */
function mapContent(data, snapshot) {
  const map = snapshot.decision_map;
  const points = snapshot.map_points ?? data.points ?? [];
  return {
    map, points,
    epoch: snapshot.map_epoch,
    names: snapshot.class_names?.length ? snapshot.class_names : data.class_names,
    predictions: map?.predictions?.length === points.length ? map.predictions : [],
    axes: map?.axes ?? data.axes ?? ["", ""],
    isWhole: map ? map.exact : data.is_exact,
    nFeatures: map?.n_features ?? data.n_features ?? "many",
  };
}

function drawMapTexts(section, content, characters) {
  drawLegend(section.querySelector(".qenn-legend"), content.names, characters);
  const remark = section.querySelector(".qenn-remark");
  remark.textContent = describeMap(content);
  remark.hidden = !remark.textContent;
}

function drawDecisionMap(Plotly, node, colours, run, content, symbols) {
  const { map, names, axes, points } = content;
  // It changes more rarely than the curves, and takes longer to draw.
  const drawn = [run, map, points, JSON.stringify([names, axes, colours]), node.clientHeight];
  if (drawn.every((value, index) => value === node.qennDrawn?.[index])) return;
  node.qennDrawn = drawn;
  const axis = { gridcolor: "rgba(0,0,0,0)", zeroline: false, linecolor: colours.line, tickfont: { size: 12 } };
  const range = (values) => (values ? { range: [values[0], values.at(-1)] } : { autorange: true });
  draw(Plotly, node, run, pointTraces(content, colours, symbols), {
    ...commonLayout(node, colours),
    hovermode: "closest",
    images: map ? [mapImage(map, colours, names.length)] : [],
    margin: { l: 44, r: 8, t: 6, b: 36 },
    xaxis: { ...axis, ...range(map?.x), title: { text: escapeHtml(axes[0]), font: { size: 12 }, standoff: 4 } },
    yaxis: { ...axis, ...range(map?.y), title: { text: escapeHtml(axes[1]), font: { size: 12 }, standoff: 2 } },
  });
}

/** Return the epoch of the map and what it does not show, in sentences. */
function describeMap({ map, epoch, names, predictions, isWhole, nFeatures }) {
  const sentences = epoch ? [`After epoch ${epoch.number}${epoch.isBest ? ", the best one" : ""}.`] : [];
  if (!isWhole) sentences.push(`Shows 2 of ${nFeatures} directions, with their share of the variance.`);
  const colours = new Set(map?.winner.flat());
  if (colours.size === 1) {
    const differ = new Set(predictions.filter((number) => number != null)).size > 1;
    const everywhere = `The network predicts ${names[[...colours][0]]} everywhere`;
    if (isWhole) sentences.push(`${everywhere}.`);
    else sentences.push(differ ? "The border between the classes is not in these two." : `${everywhere} here.`);
  }
  return sentences.join(" ");
}

/** Return the rows of the data as points in the colours of their classes, with a ring around those classified wrong. */
function pointTraces({ points, predictions, names }, colours, symbols) {
  const described = points.map((point, index) => ({ ...point, answer: predictions[index], text: describePoint(point, predictions[index], names) }));
  const coordinates = (shown) => ({ type: "scatter", mode: "markers", x: shown.map((point) => point.x), y: shown.map((point) => point.y) });
  const classes = names.flatMap((name, number) =>
    [false, true].map((isHeldOut) => {
      const shown = described.filter((point) => point.label === number && (point.part !== "train") === isHeldOut);
      return {
        ...coordinates(shown), name: isHeldOut ? `${name} (held out)` : name,
        text: shown.map((point) => point.text), hovertemplate: "%{text}<extra></extra>",
        marker: {
          size: 7, symbol: symbols[number] + (isHeldOut ? "-open" : ""), color: colours.classes[number],
          line: { width: isHeldOut ? 1.6 : 0.8, color: isHeldOut ? colours.classes[number] : colours.background },
        },
      };
    }),
  );
  const wrong = described.filter((point) => point.answer != null && point.answer !== point.label);
  const ring = {
    size: 12, symbol: "circle-open", color: colours.text, line: { width: 1.2, color: colours.text },
    opacity: wrong.length > CROWDED * described.length ? 0.4 : 0.9,
  };
  return [...classes, { ...coordinates(wrong), name: "classified wrong", hoverinfo: "skip", marker: ring }];
}

function describePoint(point, answer, names) {
  const part = point.part === "train" ? "" : ` (${point.part} row)`;
  const lines = [`True class: ${names[point.label]}${part}`];
  if (answer != null) lines.push(`Predicted: ${names[answer]}`);
  else if (point.part === "test") lines.push("Predicted only when training has ended");
  return lines.map(escapeHtml).join("<br>");
}

/** Return the map as a small image to stretch below the points: the colour of the class, stronger where more certain. */
function mapImage(map, colours, nClasses) {
  const [width, height] = [map.x.length, map.y.length];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const fills = colours.classes.map((colour) => colour.match(/[\d.]+/g).map(Number));
  map.winner.forEach((winners, row) =>
    winners.forEach((winner, column) => {
      const certainty = (map.probability[row][column] - 1 / nClasses) / (1 - 1 / nClasses);
      const [red, green, blue] = fills[winner];
      // The rows of the grid start at the bottom, those of an image at the top.
      image.data.set([red, green, blue, 255 * (0.05 + 0.42 * Math.max(0, certainty))], 4 * ((height - 1 - row) * width + column));
    }),
  );
  context.putImageData(image, 0, 0);
  // Each cell is centred on its grid point.
  const [dx, dy] = [map.x[1] - map.x[0], map.y[1] - map.y[0]];
  return {
    source: canvas.toDataURL(), layer: "below", sizing: "stretch", xref: "x", yref: "y", xanchor: "left", yanchor: "top",
    x: map.x[0] - dx / 2, y: map.y.at(-1) + dy / 2, sizex: width * dx, sizey: height * dy,
  };
}

function drawLegend(node, names, characters) {
  if (node.dataset.names === JSON.stringify(names)) return;
  node.dataset.names = JSON.stringify(names);
  node.classList.toggle("many", names.length > MANY_CLASSES);
  node.replaceChildren(
    ...names.map((name, number) => {
      const [item, symbol, text] = ["span", "i", "b"].map((tag) => document.createElement(tag));
      symbol.style.color = `var(--qenn-class-${number})`;
      symbol.dataset.symbol = characters[number];
      text.textContent = name;
      item.append(symbol, text);
      item.title = name;
      return item;
    }),
  );
  // A name that is cut can be focused, which shows all of it.
  for (const item of node.children) if (item.lastChild.scrollWidth > item.lastChild.clientWidth) item.tabIndex = 0;
}

/** Escape names from a file, because Plotly interprets some HTML in its texts. */
function escapeHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Return the colour of each role in the current theme of the page. */
function themeColours(root, data) {
  const probe = root.querySelector(".qenn-probe");
  const resolve = (name) => {
    probe.style.color = `var(--qenn-${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(["background", "surface", "line", "text", "muted", "quantum", "classical"].map((name) => [name, resolve(name)]));
  colours.classes = data.symbols.map((_, number) => resolve(`class-${number}`));
  return colours;
}
