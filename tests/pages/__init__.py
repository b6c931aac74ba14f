"""Tests of the pages in a real browser, with a real broker and a real store behind them."""
