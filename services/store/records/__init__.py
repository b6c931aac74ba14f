"""What the recorder keeps: one file for each noun, with its table and its questions. Every question is of one site."""
