"""At the gate: one process for each gate PC; reads cards, asks the stream, opens, and decides alone when nobody
answers.
"""
