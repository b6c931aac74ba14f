"""Says every text in Kazakh, Russian and English: catalogues, and the function that picks a sentence."""
