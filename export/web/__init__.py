"""A page that runs the exported files of a run in the browser, with LiteRT.js."""
