"""One module per question; its ``measure(session)`` returns the answer in Markdown."""
