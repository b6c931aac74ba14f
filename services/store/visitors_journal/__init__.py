"""The visitors' journal: who was registered at the post, who came in and left, what was added to the record later."""
