"""The parts of a page that Streamlit has no widget for; their scripts are the files in ``assets/``."""

from __future__ import annotations

from typing import Any

import streamlit as st

# Streamlit sends this text again on every rerun, so it only fetches the script that does the work. It is
# called again when its data change, without the clean-up of the last call: the new view is put up first,
# so that what both follow is never let go, then the old one is taken down.
_SHIM = """
export default function (component) {{
  const host = component.parentElement;
  const turn = (host.qennTurn = (host.qennTurn ?? 0) + 1);
  import(new URL("assets/{script}.js", document.baseURI)).then((script) => {{
    if (host.qennTurn !== turn) return;
    const last = host.qennUnmount;
    host.qennUnmount = script.mount(component);
    last?.();
  }});
  return () => {{
    host.qennTurn = 0;
    host.qennUnmount?.();
    host.qennUnmount = null;
  }};
}}
"""

_PROGRESS = """
<div class="qenn-progress">
  <div class="qenn-progress-text" role="status" aria-live="polite"></div>
  <progress class="qenn-progress-bar" max="1" value="0" aria-label="Progress of the training"></progress>
</div>
"""

_CURVES_LEGEND = '<span><i class="solid"></i>train</span><span><i class="dotted"></i>validation</span>'

_CHARTS = f"""
<div class="qenn-charts">
  <span class="qenn-probe"></span>
  <section class="qenn-chart" aria-label="Loss of each epoch, for training and validation rows">
    <header><h3>Loss</h3><div class="qenn-legend">{_CURVES_LEGEND}</div></header>
    <div class="qenn-plot" data-chart="loss"></div>
    <p>How wrong the network is. It should fall; if only the solid line falls, it learns by heart.</p>
  </section>
  <section class="qenn-chart" aria-label="Accuracy of each epoch, for training and validation rows">
    <header><h3>Accuracy</h3><div class="qenn-legend">{_CURVES_LEGEND}</div></header>
    <div class="qenn-plot" data-chart="accuracy"></div>
    <p>Share of rows told right. Compare the dotted lines: both are on rows not trained on.</p>
  </section>
  <section class="qenn-chart" aria-label="What the network answers at each place, and the data">
    <header><h3>What it has learnt</h3><div class="qenn-legend"></div></header>
    <div class="qenn-plot" data-chart="map"></div>
    <p>Background: the network's answer, stronger where surer. Hollow points were held out.</p>
  </section>
</div>
"""

_FIGURE = """
<div class="qenn-circuit" role="group" aria-label="The circuit" tabindex="0"></div>
"""


def _component(name: str, script: str, html: str) -> Any:
    return st.components.v2.component(
        f"qenn_{name}", html=html, js=_SHIM.format(script=script), isolate_styles=False
    )


progress = _component("progress", "progress", _PROGRESS)
charts = _component("charts", "charts", _CHARTS)
figure = _component("figure", "figure", _FIGURE)
