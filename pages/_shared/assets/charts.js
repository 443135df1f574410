// The live charts: loss, accuracy and decision map, updated in place so that zoom is kept.

import { follow } from "./runs.js";

const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false };
const FONT = '"Source Sans", "Source Sans 3", sans-serif';

let plotly = null;
/** Load Plotly once; it defines a global rather than a module. */
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
  let leave = () => {};
  let alive = true;
  loadPlotly().then((Plotly) => {
    if (!alive) return;
    const draw = (snapshot) => drawAll(Plotly, root, data, snapshot);
    if (data.run) leave = follow(data, draw);
    else draw({ history: [], run: "" });
  });
  return () => {
    alive = false;
    leave();
  };
}

function drawAll(Plotly, root, data, snapshot) {
  const ink = inks(root, data);
  const part = (name) => root.querySelector(`[data-chart=${name}]`);
  const run = snapshot.run || "none";
  const epochs = snapshot.history.map((e) => e.epoch);
  const total = snapshot.epochs || data.epochs;
  const column = (name, scale = 1) => snapshot.history.map((e) => e[name] * scale);

  curve(Plotly, part("loss"), ink, run, total, [
    line(ink.quantum, "solid", "train", epochs, column("train_loss"), ".3f"),
    line(ink.quantum, "dot", "validation", epochs, column("validation_loss"), ".3f"),
  ]);
  const reference = snapshot.reference_accuracy;
  curve(
    Plotly, part("accuracy"), ink, run, total,
    [
      line(ink.quantum, "solid", "train", epochs, column("train_accuracy", 100), ".1f"),
      line(ink.quantum, "dot", "validation", epochs, column("validation_accuracy", 100), ".1f"),
      ...(reference == null ? [] : [line(ink.classical, "dot", "logistic regression, validation", [0, total], [reference * 100, reference * 100], ".1f")]),
    ],
    {
      yaxis: { ticksuffix: " %" },
      empty: [0, 100],
      annotations: reference == null ? [] : [{
        x: 1, xref: "paper", xanchor: "right", y: reference * 100, yanchor: "top", showarrow: false,
        text: "logistic regression, validation", font: { color: ink.classical, size: 12 },
      }],
    },
  );
  decisionMap(Plotly, part("map"), ink, run, data, snapshot);
  root.dataset.epochs = epochs.length;
}

function line(colour, dash, name, x, y, format) {
  return {
    type: "scatter", mode: x.length === 1 ? "markers" : "lines", x, y, name,
    line: { color: colour, width: 2.4, dash }, marker: { color: colour, size: 6 },
    hovertemplate: `%{y:${format}}`,
  };
}

/** What the layouts of all charts share; a zoom is kept while the run stays the same. */
function frame(node, ink, run) {
  return {
    uirevision: run, height: node.clientHeight, showlegend: false, dragmode: "zoom",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, color: ink.muted, size: 12 },
    hoverlabel: { bgcolor: ink.surface, bordercolor: ink.line, font: { color: ink.text, family: FONT } },
  };
}

function curve(Plotly, node, ink, run, total, traces, { yaxis = {}, annotations = [], empty = [0, 1] } = {}) {
  const range = traces.some((trace) => trace.x.length) ? { autorange: true } : { range: empty };
  const axis = { gridcolor: ink.line, zerolinecolor: ink.line, linecolor: ink.line, tickfont: { size: 12 }, fixedrange: false };
  Plotly.react(
    node, traces,
    {
      ...frame(node, ink, run),
      hovermode: "x unified",
      margin: { l: 48, r: 10, t: 6, b: 36 },
      xaxis: { ...axis, range: [0, total], showgrid: false, title: { text: "epoch", font: { size: 12 }, standoff: 4 } },
      yaxis: { ...axis, ...range, nticks: 6, ...yaxis },
      annotations,
    },
    CONFIG,
  );
}

function decisionMap(Plotly, node, ink, run, data, snapshot) {
  const map = snapshot.decision_map;
  const points = snapshot.map_points ?? data.points;
  const names = snapshot.class_names?.length ? snapshot.class_names : data.class_names;
  legend(node.parentElement.querySelector(".qenn-legend"), names);
  const traces = [];
  const axis = { gridcolor: "rgba(0,0,0,0)", zeroline: false, linecolor: ink.line, tickfont: { size: 12 } };
  const ranges = map ? { x: [map.x[0], map.x.at(-1)], y: [map.y[0], map.y.at(-1)] } : {};
  if (points) {
    names.forEach((name, number) => {
      for (const held of [false, true]) {
        const shown = points.filter((point) => point.label === number && (point.part !== "train") === held);
        traces.push({
          type: "scatter", mode: "markers", name: held ? `${name} (held out)` : name,
          x: shown.map((point) => point.x), y: shown.map((point) => point.y),
          marker: {
            size: 7, symbol: data.symbols[number] + (held ? "-open" : ""), color: ink.classes[number],
            line: { width: held ? 1.6 : 0.8, color: held ? ink.classes[number] : ink.background },
          },
          hovertemplate: `${escapeHtml(name)}${held ? ", held out" : ""}<extra></extra>`,
        });
      }
    });
  }
  const axes = map?.axes ?? data.axes ?? ["", ""];
  Plotly.react(
    node, traces,
    {
      ...frame(node, ink, run),
      hovermode: "closest",
      images: map ? [background(map, ink, names.length)] : [],
      margin: { l: 44, r: 8, t: 6, b: 36 },
      xaxis: { ...axis, ...(ranges.x ? { range: ranges.x } : { autorange: true }), title: { text: escapeHtml(axes[0]), font: { size: 12 }, standoff: 4 } },
      yaxis: { ...axis, ...(ranges.y ? { range: ranges.y } : { autorange: true }), scaleanchor: false, title: { text: escapeHtml(axes[1]), font: { size: 11 }, standoff: 2 } },
    },
    CONFIG,
  );
}

/** The map as a small picture that is stretched below the points: the class's colour, stronger where surer. */
function background(map, ink, nClasses) {
  const [width, height] = [map.x.length, map.y.length];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const fills = ink.classes.map((colour) => colour.match(/[\d.]+/g).map(Number));
  map.winner.forEach((line, row) =>
    line.forEach((winner, column) => {
      const sure = (map.probability[row][column] - 1 / nClasses) / (1 - 1 / nClasses);
      const [red, green, blue] = fills[winner];
      // The grid counts from below, a picture from above.
      image.data.set([red, green, blue, 255 * (0.05 + 0.42 * Math.max(0, sure))], 4 * ((height - 1 - row) * width + column));
    }),
  );
  context.putImageData(image, 0, 0);
  // A cell is centred on its point of the grid.
  const [dx, dy] = [map.x[1] - map.x[0], map.y[1] - map.y[0]];
  return {
    source: canvas.toDataURL(), layer: "below", sizing: "stretch", xref: "x", yref: "y", xanchor: "left", yanchor: "top",
    x: map.x[0] - dx / 2, y: map.y.at(-1) + dy / 2, sizex: width * dx, sizey: height * dy,
  };
}

function legend(node, names) {
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

/** Plotly reads some HTML in texts; names from a file are shown as they are. */
function escapeHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The colours of the roles as the page's theme resolves them. */
function inks(root, data) {
  const probe = root.querySelector(".qenn-probe");
  const resolve = (name) => {
    probe.style.color = `var(--qenn-${name})`;
    return getComputedStyle(probe).color;
  };
  const ink = Object.fromEntries(["background", "surface", "line", "text", "muted", "quantum", "classical"].map((name) => [name, resolve(name)]));
  ink.classes = data.symbols.map((_, number) => resolve(`class-${number}`));
  return ink;
}
