"""The frame of every page: set-up, navigation, and the link that carries the spec."""

from pathlib import Path

import streamlit as st

from pages._shared import form, state
from qenn_core.plots.palette import css_variables

ASSETS = Path(__file__).parent / "_shared" / "assets"

st.set_page_config(page_title="QENN Studio", page_icon=str(ASSETS / "mark.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "mark.svg"))
st.html(f"<style>{css_variables()}{(ASSETS / 'style.css').read_text(encoding='utf-8')}</style>")

state.open_link()
page = st.navigation(
    [
        st.Page("train.py", title="Train", icon=":material/play_circle:", default=True),
        st.Page("data.py", title="Data", icon=":material/table_chart:"),
        st.Page("learn.py", title="Learn", icon=":material/school:"),
    ],
    position="top",
)
state.turn_to(page.url_path)
form.complaint("link")
page.run()
state.write_link()
