"""What a worker sends to the server: a run's id, the field of its snapshot, and the new value.

Besides the fields of a snapshot there are these.
"""

# The run has begun; the value is the worker's address.
WORKER = "worker"
# What the run can be taken up again from; the value is a number of epochs and the bytes.
CHECKPOINT = "checkpoint"
# What is needed to predict with the trained model, as bytes.
MODEL = "model"
# What is left takes a moment, in which the next run can be brought to the worker.
ENDING = "ending"
# The run was paused for long and has left its worker to others.
PARKED = "parked"
