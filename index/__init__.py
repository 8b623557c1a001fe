"""Facts found: passages, vectors and terms, and the search over them."""

import os

# Since 1.29 ONNX Runtime tells Microsoft of the machine and of every model that is opened, under
# an identifier it keeps on the disk, unless this stands in the environment before it is imported.
os.putenv("ORT_DISABLE_TELEMETRY", "1")
