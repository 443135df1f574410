"""What the workers send to the server: a run's id, a field of its snapshot, and the new value."""

# The field of the message that a run has begun; its value is the worker's address.
WORKER = "worker"
