"""What moves in the notebooks; nothing here knows a formula, the notebooks hand the functions in."""
