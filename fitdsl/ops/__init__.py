"""The layers of the language, one family a module; `component.find` loads the families that a spec names."""
