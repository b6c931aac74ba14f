"""The visitors' journal as a book: filled from what gates say, closed, corrected beneath, printed, kept its time."""
