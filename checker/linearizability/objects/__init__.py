"""The general engine: any object with a pure step, decided over a transition table."""
