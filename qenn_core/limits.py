"""All limits of the app, each with its reason."""

import os

# Uploads. 100 MB holds a million rows of ten columns; larger files would fill the memory of a small server
# when several people upload at once. `.streamlit/config.toml` holds the same number for the browser.
MAX_UPLOAD_BYTES = 100 * 2**20
# Uploads that a tab holds in memory: one in use and one arriving, with what the browser adds to each.
MAX_SESSION_UPLOAD_BYTES = 2 * MAX_UPLOAD_BYTES + 2**20
# Those of all tabs together, beside what the server itself needs: five of the largest at the same time. An
# environment variable overrides it, in MB.
MAX_UPLOADS_IN_MEMORY_BYTES = int(os.environ.get("QENN_UPLOAD_MEMORY") or 512) * 2**20
# The largest size of a gzip file when decompressed: protects memory against "zip bombs".
MAX_DECOMPRESSED_BYTES = 200 * 2**20
# Each row is simulated as a circuit in each epoch: 20,000 rows take minutes per epoch on two cores.
MAX_ROWS = 20_000
# The preparation expands text columns; up to 500 columns it is quick, and so are the tables on the page.
MAX_COLUMNS = 500
# Names of columns are joined from at most this many rows: more are hardly ever found.
MAX_HEADER_ROWS = 3
# A longer line does not come from a real table, and makes some parsers hang.
MAX_LINE_BYTES = 2**20
# Up to this number of classes, charts and tables stay readable and colours distinct.
MAX_CLASSES = 10
# With fewer rows, the parts of the split are too small for a meaningful accuracy.
MIN_ROWS = 20
# The smallest size of a class: one row each for training, validation and test.
MIN_CLASS_ROWS = 3
# Files are read in a separate process with these limits; a well-formed file of the largest size needs about
# a tenth of the time and half of the memory.
PARSE_SECONDS = 60.0
# The time limit is one of CPU time; a busy machine may take this many times longer.
PARSE_PATIENCE = 4
PARSE_MEMORY_BYTES = 2 * 2**30

# Runs. `qenn_core.model.cost` estimates what a run needs, and the form offers the numbers of qubits that fit.
# Several people's runs share a server: four of them should fit into 8 GB.
MAX_RUN_BYTES = 10**9
# Stop and pause wait for the current step; with longer steps, the page would seem to hang.
MAX_STEP_SECONDS = 2.0
# After this time a run is stopped and scored, because others wait for its worker. An environment variable
# overrides it.
MAX_RUN_SECONDS = float(os.environ.get("QENN_MAX_RUN_SECONDS") or 30 * 60)
# Users should know beforehand if a run takes longer than this.
LONG_RUN_SECONDS = 60.0
# The most that the form offers. Each additional qubit doubles the work; with 14 qubits, the 1,600 points of a
# decision map take about four seconds.
MAX_QUBITS = 14
MAX_LAYERS = 10
# Users wait at the screen for predictions of their rows.
PREDICTION_SECONDS = 30.0

# Storage. An upload is deleted this many days after its last use (QENN_UPLOAD_DAYS overrides it): most school
# holidays are shorter.
UPLOAD_DAYS = 30
# The files of one workspace, and of all workspaces together: no user can fill the disk for the others.
MAX_OWNER_UPLOAD_BYTES = 3 * MAX_UPLOAD_BYTES
MAX_TOTAL_UPLOAD_BYTES = 10 * 2**30
# Changes waiting in memory while the database cannot be written; more would exhaust the server's memory.
MAX_UNSAVED_BYTES = 256 * 2**20
# A run's name has to fit in a row of the list; a file's name has to be valid in common file systems.
MAX_NAME_LENGTH = 100
MAX_FILE_NAME_LENGTH = 200

# One user's runs may occupy every core of a small server while nobody else needs them. Further runs wait, up
# to about an afternoon's worth.
MAX_RUNNING_PER_USER = 4
MAX_WAITING_PER_USER = 20
# For all users together: with more, the last would wait longer than anybody stays at a screen.
MAX_WAITING = 200
