"""The frame of every page: configuration, login, navigation, and the link that holds the spec."""

import streamlit as st

from pages._shared import components, error_messages, link, login, state, workspace
from pages._shared.brand import ICON, LOGO, STYLE

st.set_page_config(page_title="QENN Studio", page_icon=ICON, layout="wide")
st.logo(LOGO, size="large", icon_image=ICON)
st.html(STYLE)

login_required = login.is_required()
page = st.navigation(
    [
        st.Page("train.py", title="Train", icon=":material/play_circle:", default=True),
        st.Page("runs.py", title="Runs", icon=":material/history:"),
        st.Page("predict.py", title="Predict", icon=":material/online_prediction:"),
        st.Page("data.py", title="Data", icon=":material/table_chart:"),
        st.Page("learn.py", title="Learn", icon=":material/school:"),
    ],
    position="hidden" if login_required else "top",
)
if login_required:
    login.draw_login()
    st.stop()
link.load()
state.set_current_page(page.url_path)
login.draw_logout()
error_messages.show_at("link")
page.run()
workspace.warn_if_temporary()
components.terms(key="terms")
link.write()
