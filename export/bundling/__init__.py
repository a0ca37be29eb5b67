"""The writing side of bundles; `export.bundle_reader` reads them."""
