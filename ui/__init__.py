"""The two faces of yinju: the command line (`ui.cli`) and the chat page (`ui.page`)."""

import os

# Gradio and the Hugging Face client read these when they are imported: neither is to send anything anywhere.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
# After every event Gradio would summarise all events with pandas, by a call that pandas warns of: never, in effect.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
