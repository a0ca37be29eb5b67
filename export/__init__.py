"""Commands that export trained runs, and the web page that shows their files."""
