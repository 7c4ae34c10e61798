"""The two faces of yinju: the command line (`ui.cli`) and the chat page (`ui.page`)."""
