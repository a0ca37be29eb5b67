"""The writing side of bundles; `hypermask_tf.export.bundle_reader` reads them."""
