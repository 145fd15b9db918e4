"""What came of a run or of a search as one page: text, tables and charts, which scripts only make livelier.

`run` and `search` put pages together from `model`, plain values that say nothing of files; charts are SVG with tables
behind them, made by the small modules beside. All that comes from a spec passes `markup`, which escapes it.
"""
