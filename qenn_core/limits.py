"""Every limit of the app in one place, each with its reason."""

import os

# Uploads. 100 MB holds a million rows of ten columns; more would fill a small server's memory when
# several people upload at once. `.streamlit/config.toml` states the same figure to the browser.
MAX_UPLOAD_BYTES = 100 * 2**20
# A gzip file may grow to this, so that a small file cannot become a large memory (a "zip bomb").
MAX_DECOMPRESSED_BYTES = 200 * 2**20
# A row is a circuit to simulate in each epoch: 20,000 rows take minutes an epoch on two cores.
MAX_ROWS = 20_000
# The preparation expands text columns; 500 columns keep it and the tables on the page quick.
MAX_COLUMNS = 500
# A line longer than this is not a table that a person made, and hangs some readers.
MAX_LINE_BYTES = 2**20
# The chart's colours and the table stay readable up to this number of classes.
MAX_CLASSES = 10
# Fewer rows leave parts so small that their accuracy says nothing.
MIN_ROWS = 20
# The fewest rows of a class: one each for training, validation and test.
MIN_CLASS_ROWS = 3
# Reading a file runs in a process of its own with these bounds; a well-formed file of the full size
# needs about a tenth of the time and half of the memory.
PARSE_SECONDS = 60.0
PARSE_MEMORY_BYTES = 2 * 2**30

# What a run may take; `qenn_core.model.cost` estimates it, and the form offers the qubits that fit. Several
# people's runs share a server, and 8 GB shall do for four of them.
MAX_RUN_BYTES = 10**9
# A stop or a pause waits for the step under way: longer, and the page seems to hang.
MAX_STEP_SECONDS = 2.0
# A run is stopped then, and scored: others wait for its worker. An environment variable overrides it.
MAX_RUN_SECONDS = float(os.environ.get("QENN_MAX_RUN_SECONDS") or 30 * 60)
# Who waits longer than this wants to have been told.
LONG_RUN_SECONDS = 60.0
# The most that is ever offered. Each qubit more doubles the work; at 14 the 1,600 points of a decision map
# take about four seconds.
MAX_QUBITS = 14
MAX_LAYERS = 10
# Whoever brings rows to predict waits at the screen for the answer.
PREDICTION_SECONDS = 30.0

# What is kept. An upload goes this many days after its last use (QENN_UPLOAD_DAYS overrides): a school's
# holidays are shorter, mostly.
UPLOAD_DAYS = 30
# What one workspace may keep of files, and all together: no visitor fills the disk for the others.
MAX_OWNER_UPLOAD_BYTES = 3 * MAX_UPLOAD_BYTES
MAX_KEPT_UPLOAD_BYTES = 10 * 2**30
# What may wait to be saved while the database cannot be written; more would take the server's memory.
MAX_UNSAVED_BYTES = 256 * 2**20
# The name of a run still fits a row of the list, and that of a file is one that file systems take.
MAX_NAME_LENGTH = 100
MAX_FILE_NAME_LENGTH = 255

# One person's runs may take up every core of a small server while nobody else is there; those beyond wait,
# and nobody queues up more than an afternoon's.
MAX_RUNNING_PER_USER = 4
MAX_WAITING_PER_USER = 20
# More, of all users together, would wait for longer than somebody looks at a screen.
MAX_WAITING = 200
