"""The visitors' journal at the post: today's entries, additions, the school's columns, exports, the paper journal."""
