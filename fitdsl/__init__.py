"""fitdsl: describe teacher, student, hints and search in one file; check it, train it, find the student that fits."""
