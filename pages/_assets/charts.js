// The live charts: loss, accuracy and decision map. They are updated in place, so that they keep their zoom.

import { playbackOf } from "./playback.js";
import { follow } from "./runs.js";

const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
const FONT = '"Source Sans", "Source Sans 3", sans-serif';

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
  const column = (name, scale = 1) => snapshot.history.map((e) => e[name] * scale);

  drawCurves(Plotly, chart("loss"), colours, run, total, [
    line(colours.quantum, "solid", "train", epochs, column("train_loss"), ".3f"),
    line(colours.quantum, "dot", "validation", epochs, column("validation_loss"), ".3f"),
  ]);
  const reference = snapshot.reference_accuracy;
  drawCurves(
    Plotly, chart("accuracy"), colours, run, total,
    [
      line(colours.quantum, "solid", "train", epochs, column("train_accuracy", 100), ".1f"),
      line(colours.quantum, "dot", "validation", epochs, column("validation_accuracy", 100), ".1f"),
      ...(reference == null ? [] : [line(colours.classical, "dot", "logistic regression, validation", [0, total], [reference * 100, reference * 100], ".1f")]),
    ],
    {
      yaxis: { ticksuffix: "%" },
      emptyRange: [0, 100],
      annotations: reference == null ? [] : [{
        x: 1, xref: "paper", xanchor: "right", y: reference * 100, yanchor: "top", showarrow: false,
        text: "logistic regression, validation", font: { color: colours.classical, size: 12 },
      }],
    },
  );
  drawDecisionMap(Plotly, chart("map"), colours, run, data, snapshot);
  root.dataset.epochs = epochs.length;
}

function line(colour, dash, name, x, y, format) {
  return {
    type: "scatter", mode: x.length === 1 ? "markers" : "lines", x, y, name,
    line: { color: colour, width: 2.4, dash }, marker: { color: colour, size: 6 },
    hovertemplate: `%{y:${format}}`,
  };
}

/** Return the layout that all charts share. Plotly keeps the zoom while the run stays the same. */
function commonLayout(node, colours, run) {
  return {
    uirevision: run, height: node.clientHeight, showlegend: false, dragmode: "zoom",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, color: colours.muted, size: 12 },
    hoverlabel: { bgcolor: colours.surface, bordercolor: colours.line, font: { color: colours.text, family: FONT } },
  };
}

function drawCurves(Plotly, node, colours, run, total, traces, { yaxis = {}, annotations = [], emptyRange = [0, 1] } = {}) {
  const range = traces.some((trace) => trace.x.length) ? { autorange: true } : { range: emptyRange };
  const axis = { gridcolor: colours.line, zerolinecolor: colours.line, linecolor: colours.line, tickfont: { size: 12 }, fixedrange: false };
  Plotly.react(
    node, traces,
    {
      ...commonLayout(node, colours, run),
      hovermode: "x unified",
      margin: { l: 48, r: 10, t: 6, b: 36 },
      xaxis: { ...axis, range: [0, total], showgrid: false, title: { text: "epoch", font: { size: 12 }, standoff: 4 } },
      yaxis: { ...axis, ...range, nticks: 6, ...yaxis },
      annotations,
    },
    CONFIG,
  );
}

function drawDecisionMap(Plotly, node, colours, run, data, snapshot) {
  const map = snapshot.decision_map;
  const points = snapshot.map_points ?? data.points;
  const names = snapshot.class_names?.length ? snapshot.class_names : data.class_names;
  drawLegend(node.parentElement.querySelector(".qenn-legend"), names);
  const traces = [];
  const axis = { gridcolor: "rgba(0,0,0,0)", zeroline: false, linecolor: colours.line, tickfont: { size: 12 } };
  const ranges = map ? { x: [map.x[0], map.x.at(-1)], y: [map.y[0], map.y.at(-1)] } : {};
  if (points) {
    names.forEach((name, number) => {
      for (const isHeldOut of [false, true]) {
        const shown = points.filter((point) => point.label === number && (point.part !== "train") === isHeldOut);
        traces.push({
          type: "scatter", mode: "markers", name: isHeldOut ? `${name} (held out)` : name,
          x: shown.map((point) => point.x), y: shown.map((point) => point.y),
          marker: {
            size: 7, symbol: data.symbols[number] + (isHeldOut ? "-open" : ""), color: colours.classes[number],
            line: { width: isHeldOut ? 1.6 : 0.8, color: isHeldOut ? colours.classes[number] : colours.background },
          },
          hovertemplate: `${escapeHtml(name)}${isHeldOut ? ", held out" : ""}<extra></extra>`,
        });
      }
    });
  }
  const axes = map?.axes ?? data.axes ?? ["", ""];
  Plotly.react(
    node, traces,
    {
      ...commonLayout(node, colours, run),
      hovermode: "closest",
      images: map ? [mapImage(map, colours, names.length)] : [],
      margin: { l: 44, r: 8, t: 6, b: 36 },
      xaxis: { ...axis, ...(ranges.x ? { range: ranges.x } : { autorange: true }), title: { text: escapeHtml(axes[0]), font: { size: 12 }, standoff: 4 } },
      yaxis: { ...axis, ...(ranges.y ? { range: ranges.y } : { autorange: true }), scaleanchor: false, title: { text: escapeHtml(axes[1]), font: { size: 11 }, standoff: 2 } },
    },
    CONFIG,
  );
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

function drawLegend(node, names) {
  if (node.dataset.names === JSON.stringify(names)) return;
  node.dataset.names = JSON.stringify(names);
  node.replaceChildren(
    ...names.map((name, number) => {
      const item = document.createElement("span");
      const dot = document.createElement("i");
      dot.style.background = `var(--qenn-class-${number})`;
      item.append(dot, name);
      item.title = name;
      return item;
    }),
  );
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
