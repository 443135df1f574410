"""The frame of every page: set-up, navigation, and the link that carries the spec."""

import streamlit as st

from pages._shared import form, state
from pages._shared.brand import LOGO, MARK, STYLE

st.set_page_config(page_title="QENN Studio", page_icon=MARK, layout="wide")
st.logo(LOGO, size="large", icon_image=MARK)
st.html(STYLE)

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
