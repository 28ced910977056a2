"""How evenly duty falls, as a chart, a table and a file."""
