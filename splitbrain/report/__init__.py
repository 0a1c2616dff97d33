"""What a run has to tell: numbers, text for a terminal, a page for a browser."""
