"""Page elements for which Streamlit has no widget; their scripts are in ``pages/_assets``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared.html import term

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

# Streamlit sends this text on every rerun, so it only imports the script that does the work. When its data
# change, it is called again without the clean-up of the previous call. The new view is mounted before the old
# one is unmounted, so that a run which both follow is never dropped in between.
_LOADER = """
export default function (component) {{
  const host = component.parentElement;
  const call = (host.qennCall = (host.qennCall ?? 0) + 1);
  import(new URL("assets/{script}.js", document.baseURI)).then((script) => {{
    if (host.qennCall !== call) return;
    const unmountPrevious = host.qennUnmount;
    host.qennUnmount = script.mount(component);
    unmountPrevious?.();
  }});
  return () => {{
    host.qennCall = 0;
    host.qennUnmount?.();
    host.qennUnmount = null;
  }};
}}
"""

_PROGRESS = """
<div class="qenn-progress">
  <div class="qenn-progress-text" role="status" aria-live="polite"></div>
  <progress class="qenn-progress-bar" max="1" value="0" aria-label="Training progress"></progress>
</div>
"""

_CURVES_LEGEND = '<span><i class="solid"></i>train</span><span><i class="dotted"></i>validation</span>'
_REFERENCE_LEGEND = (
    '<span class="qenn-reference" hidden><i class="dotted"></i>logistic regression, validation</span>'
)

_LOSS_HINT = (
    "How wrong the network is. It should fall; if only the solid line falls, it is memorising (overfitting)."
)

_PLAYBACK = """
<div class="qenn-playback" role="group" aria-label="Playback of the training">
  <button type="button" aria-label="Play" disabled>
    <svg class="play" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 2.5v11l9-5.5z"/></svg>
    <svg class="hold" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 2.5h3v11h-3zM10 2.5h3v11h-3z"/></svg>
  </button>
  <input type="range" min="0" max="0" value="0" aria-label="Epoch shown" disabled>
  <span></span>
  <select aria-label="Pace of the playback">
    <option value="slow">slow</option>
    <option value="normal" selected>normal</option>
    <option value="fast">full speed</option>
  </select>
</div>
"""

_MAP_HINT = (
    "Background: predicted class, stronger where more certain. Hollow points: held out of training. Ringed: "
    "classified wrong."
)

_LIVE_CHARTS = f"""
<div class="qenn-charts">
  {_PLAYBACK}
  <span class="qenn-probe"></span>
  <section class="qenn-chart" aria-label="Loss per epoch, on training and validation rows">
    <header><h3>{term("Loss")}</h3><div class="qenn-legend">{_CURVES_LEGEND}</div></header>
    <div class="qenn-plot" data-chart="loss"></div>
    <p>{_LOSS_HINT}</p>
  </section>
  <section class="qenn-chart" aria-label="Accuracy per epoch, on training and validation rows">
    <header>
      <h3>{term("Accuracy")}</h3><div class="qenn-legend">{_CURVES_LEGEND}{_REFERENCE_LEGEND}</div>
    </header>
    <div class="qenn-plot" data-chart="accuracy"></div>
    <p>Share of rows classified correctly. Compare the dotted lines: no model was trained on those rows.</p>
  </section>
  <section class="qenn-chart" aria-label="Map of the network's predictions, with the data as points">
    <header><h3>What it has learnt</h3><div class="qenn-legend"></div></header>
    <p class="qenn-remark" hidden></p>
    <div class="qenn-plot" data-chart="map"></div>
    <p>{_MAP_HINT}</p>
  </section>
</div>
"""

_CIRCUIT = """
<div class="qenn-circuit" role="group" aria-label="Circuit diagram" tabindex="0"></div>
"""

_DRAWING = """
<div class="qenn-drawing">
  <canvas class="qenn-paper" tabindex="0" role="application" aria-label="Drawing area"
    aria-describedby="qenn-drawing-hint"></canvas>
  <div>
    <figure><canvas class="qenn-paper" role="img" aria-label="The drawing in pixels"></canvas>
    <figcaption class="qenn-caption">What the model sees</figcaption></figure>
    <button type="button">Undo</button>
    <button type="button">Clear</button>
  </div>
  <p class="qenn-caption" id="qenn-drawing-hint">Draw with the mouse, a finger or a pen. With the
    keyboard: the arrow keys move the pen, Space lowers or lifts it, Backspace undoes a stroke.</p>
  <span class="qenn-unseen" role="status"></span>
</div>
"""


def _component(script: str, html: str) -> ComponentRenderer:
    return st.components.v2.component(
        f"qenn_{script}", html=html, js=_LOADER.format(script=script), isolate_styles=False
    )


progress = _component("progress", _PROGRESS)
drop_target = _component("drop", "")
terms = _component("terms", "")
live_charts = _component("charts", _LIVE_CHARTS)
circuit = _component("figure", _CIRCUIT)
drawing = _component("drawing", _DRAWING)
