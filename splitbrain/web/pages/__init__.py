"""Templates, styles and scripts of the pages, beside this file."""
