"""The frame of every page: set-up, who is here, navigation, and the link that carries the spec."""

import streamlit as st

from pages._shared import accounts, form, state, workspace
from pages._shared.brand import LOGO, MARK, STYLE

st.set_page_config(page_title="QENN Studio", page_icon=MARK, layout="wide")
st.logo(LOGO, size="large", icon_image=MARK)
st.html(STYLE)

stranger = accounts.must_log_in()
page = st.navigation(
    [
        st.Page("train.py", title="Train", icon=":material/play_circle:", default=True),
        st.Page("runs.py", title="Runs", icon=":material/history:"),
        st.Page("predict.py", title="Predict", icon=":material/online_prediction:"),
        st.Page("data.py", title="Data", icon=":material/table_chart:"),
        st.Page("learn.py", title="Learn", icon=":material/school:"),
    ],
    position="hidden" if stranger else "top",
)
if stranger:
    accounts.ask_to_log_in()
    st.stop()
state.open_link()
state.turn_to(page.url_path)
accounts.offer_to_log_out()
form.complaint("link")
page.run()
workspace.word_of_what_is_lost()
state.write_link()
